module "account" {
  source                  = "terraform-aws-modules/iam/aws//modules/iam-account"
  account_alias           = "acme"
  minimum_password_length = 14
  max_password_age        = 90
}
