module "mfa" {
  source  = "trussworks/mfa/aws"
  version = "3.0.0"
  name    = "people"

  iam_groups = ["people"]
}
