variable "policies" { type = list(string) }

resource "aws_iam_group" "staff" { name = "staff" }

resource "aws_iam_policy" "given" {
  count  = length(var.policies) > 0 ? length(var.policies) : 0
  policy = var.policies[count.index]
}

resource "aws_iam_group_policy_attachment" "given" {
  count      = length(var.policies) > 0 ? length(var.policies) : 0
  group      = aws_iam_group.staff.name
  policy_arn = element(aws_iam_policy.given.*.arn, count.index)
}
