variable "limits_arn" { type = string }

resource "aws_iam_group" "developers" { name = "developers" }

resource "aws_iam_group" "auditors" { name = "auditors" }

resource "aws_iam_group_policy_attachment" "limits" {
  group      = aws_iam_group.developers.name
  policy_arn = var.limits_arn
}
