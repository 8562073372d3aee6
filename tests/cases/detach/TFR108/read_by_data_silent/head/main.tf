resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_iam_policy" "read" {
  name = "read"
}

removed {
  from = aws_iam_policy.read

  lifecycle {
    destroy = false
  }
}

resource "aws_iam_user_policy_attachment" "alice_read" {
  user       = aws_iam_user.alice.name
  policy_arn = data.aws_iam_policy.read.arn
}
