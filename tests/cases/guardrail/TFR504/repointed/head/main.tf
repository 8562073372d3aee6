module "mfa" {
  source  = "example/people/aws"
  version = "3.0.0"
  name    = "people"

  iam_groups = ["people"]
}
