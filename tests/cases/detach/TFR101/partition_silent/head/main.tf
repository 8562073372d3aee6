resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_partition" "current" {}

resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess"
}
