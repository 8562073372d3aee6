resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
}

module "policies" {
  source             = "./policies"
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
}

moved {
  from = aws_ssoadmin_managed_policy_attachment.audit
  to   = module.policies.aws_ssoadmin_managed_policy_attachment.audit
}
