resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
}

locals {
  policies = toset(["ReadOnlyAccess", "SecurityAudit"])
}

resource "aws_ssoadmin_managed_policy_attachment" "this" {
  for_each           = local.policies
  instance_arn       = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
  managed_policy_arn = "arn:aws:iam::aws:policy/${each.value}"
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
}
