variable "people" {
  type = map(object({ name = string, audited = bool }))
}

resource "aws_iam_user" "person" {
  for_each = var.people
  name     = each.value.name
}

resource "aws_iam_group" "audited" { name = "audited" }

resource "aws_iam_group_policy_attachment" "audit" {
  group      = aws_iam_group.audited.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}

resource "aws_iam_group_membership" "audited" {
  name  = "audited"
  group = aws_iam_group.audited.name
  users = [for id, person in var.people : aws_iam_user.person[id].name if person.audited]
}
