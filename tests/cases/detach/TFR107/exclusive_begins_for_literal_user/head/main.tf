resource "aws_iam_user_policy_attachments_exclusive" "alice" {
  user_name   = "alice"
  policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]
}
