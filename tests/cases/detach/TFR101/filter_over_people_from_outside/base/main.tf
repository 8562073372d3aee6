variable "people" {
  type = map(object({ name = string, audited = bool }))
}

resource "aws_iam_user" "person" {
  for_each = var.people
  name     = each.value.name
}

resource "aws_iam_user_policy_attachment" "audit" {
  for_each = var.people

  user       = aws_iam_user.person[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
