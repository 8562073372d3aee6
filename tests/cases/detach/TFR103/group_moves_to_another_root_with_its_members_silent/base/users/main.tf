terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "users.tfstate"
  }
}

variable "admins" { type = list(string) }

resource "aws_iam_user" "admin" {
  count = length(var.admins)
  name  = var.admins[count.index]
}

resource "aws_iam_group" "base" { name = "base" }

resource "aws_iam_group" "provisioners" { name = "provisioners" }

resource "aws_iam_group_policy_attachment" "provisioners" {
  group      = aws_iam_group.provisioners.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_user_group_membership" "admin" {
  count  = length(var.admins)
  user   = aws_iam_user.admin[count.index].name
  groups = [aws_iam_group.base.name, aws_iam_group.provisioners.name]
}
