module "account" {
  source                         = "terraform-aws-modules/iam/aws//modules/iam-account"
  version                        = "5.39.0"
  account_alias                  = "acme"
  create_account_password_policy = false
}
