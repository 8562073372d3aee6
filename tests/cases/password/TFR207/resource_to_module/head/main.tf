variable "age" {
  default = 190
}

module "settings" {
  source                  = "cloudposse/iam-account-settings/aws"
  version                 = "0.3.1"
  minimum_password_length = 16
  maximum_password_age    = var.age
}
