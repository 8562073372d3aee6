resource "aws_iam_user_policies_exclusive" "alice" {
  user_name    = "alice"
  policy_names = ["a"]
}
