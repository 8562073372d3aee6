module "people" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-group-with-policies"
  version = "5.30.0"
  name    = "people"

  enable_mfa_enforcement = true
}
