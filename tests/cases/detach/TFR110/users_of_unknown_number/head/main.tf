variable "keys" {
  type = list(object({ environment = string, ssh_key = string }))
}

resource "aws_iam_user" "committer" {
  for_each = { for k in var.keys : k.environment => k }
  name     = "committer-${each.key}"
}

resource "aws_iam_user_policy_attachment" "committer" {
  for_each   = { for k in var.keys : k.environment => k }
  user       = aws_iam_user.committer[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/AWSCodeCommitReadOnly"
}
