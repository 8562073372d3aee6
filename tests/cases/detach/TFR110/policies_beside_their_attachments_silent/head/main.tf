variable "policies" { type = list(string) }

resource "aws_iam_group" "staff" { name = "staff" }

resource "aws_iam_policy" "given" {
  count  = length(var.policies)
  policy = var.policies[count.index]
}

resource "aws_iam_group_policy_attachment" "given" {
  count      = length(var.policies)
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.given[count.index].arn
}
