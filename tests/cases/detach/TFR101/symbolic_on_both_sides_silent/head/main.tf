variable "users" {
  type = set(string)
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = var.users
  user       = each.key
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

output "users" {
  value = var.users
}
