variable "readers" {
  type    = set(string)
  default = []
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = var.readers
  user       = each.key
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
