module "db" {
  source    = "terraform-aws-modules/rds/aws"
  version   = "6.0"
  username  = "postgres"
  user_name = "admin"
}
