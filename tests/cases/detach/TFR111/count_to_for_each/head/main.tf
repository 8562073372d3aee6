variable "names" {
  default = ["a", "b", "c"]
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = toset(var.names)
  user       = each.key
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
