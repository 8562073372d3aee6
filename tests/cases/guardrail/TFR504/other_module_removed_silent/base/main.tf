module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.30.0"
  name    = "people"
}
