module "settings" {
  source                  = "cloudposse/iam-account-settings/aws"
  version                 = "0.4.0"
  minimum_password_length = 12
}
