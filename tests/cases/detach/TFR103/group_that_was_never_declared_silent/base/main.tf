resource "aws_iam_user" "amara" { name = "amara" }

resource "aws_iam_group" "builders" { name = "builders" }

resource "aws_iam_group" "operators" { name = "operators" }

resource "aws_iam_user_group_membership" "amara" {
  user   = aws_iam_user.amara.name
  groups = [aws_iam_group.builders.name, aws_iam_group.operator.name]
}
