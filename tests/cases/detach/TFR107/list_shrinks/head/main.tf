resource "aws_iam_policy_attachment" "read_only" {
  name       = "read-only"
  users      = ["alice"]
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
