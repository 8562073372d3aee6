variable "group" { type = string }

variable "policies" { type = list(string) }

resource "aws_iam_group_policy_attachment" "given" {
  for_each = toset(var.policies)

  group      = var.group
  policy_arn = each.key
}
