variable "minimum_password_length" {
  type    = number
  default = 14
}

variable "max_password_age" {
  type    = number
  default = 90
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length   = var.minimum_password_length
  max_password_age          = var.max_password_age
  password_reuse_prevention = 24
}
