resource "aws_iam_group_policy_attachment" "limits" {
  group      = aws_iam_group.auditors.name
  policy_arn = var.limits_arn
}
