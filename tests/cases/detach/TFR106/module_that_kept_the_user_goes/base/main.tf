module "ci" {
  source      = "cloudposse/iam-system-user/aws"
  version     = "1.2.0"
  name        = "ci"
  policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]
}

locals {
  a = 1
}
