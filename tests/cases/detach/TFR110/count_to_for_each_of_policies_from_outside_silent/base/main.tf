variable "group" { type = string }

variable "policies" { type = list(string) }

resource "aws_iam_group_policy_attachment" "given" {
  count = length(var.policies) > 0 ? length(var.policies) : 0

  group      = var.group
  policy_arn = element(var.policies, count.index)
}
