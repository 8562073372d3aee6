terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "audit.tfstate"
  }
}

variable "admins" { type = list(string) }

resource "aws_iam_group" "provisioners" { name = "provisioners" }

resource "aws_iam_group_policy_attachment" "provisioners" {
  group      = aws_iam_group.provisioners.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
