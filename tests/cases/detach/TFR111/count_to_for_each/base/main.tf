variable "names" {
  default = ["a", "b", "c"]
}

resource "aws_iam_user_policy_attachment" "read" {
  count      = length(var.names)
  user       = var.names[count.index]
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
