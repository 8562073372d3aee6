locals {
  readers = ["alice"]
}

resource "aws_iam_user" "all" {
  for_each = toset(["alice", "bob"])
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = toset(local.readers)
  user       = aws_iam_user.all[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
