module "role_builder" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-assumable-role"
  version = "~> 5.0"

  role_name               = "builder"
  create_role             = true
  custom_role_policy_arns = []
}
