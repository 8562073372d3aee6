variable "names" {
  default = ["a", "b", "c"]
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = toset(var.names)
  user       = each.key
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

moved {
  from = aws_iam_user_policy_attachment.read[0]
  to   = aws_iam_user_policy_attachment.read["a"]
}

moved {
  from = aws_iam_user_policy_attachment.read[1]
  to   = aws_iam_user_policy_attachment.read["b"]
}

moved {
  from = aws_iam_user_policy_attachment.read[2]
  to   = aws_iam_user_policy_attachment.read["c"]
}
