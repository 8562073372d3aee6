terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "people.tfstate"
  }
}

module "admins" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-group-with-policies"
  version = "~> 5.0"

  name        = "admins"
  group_users = []
}
