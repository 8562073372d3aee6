resource "aws_iam_group" "builders" { name = "builders" }

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.builders.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
