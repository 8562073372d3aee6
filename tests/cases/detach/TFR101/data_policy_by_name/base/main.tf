resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_iam_policy" "audit" {
  name = "audit"
}

resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.id
  policy_arn = data.aws_iam_policy.audit.arn
}
