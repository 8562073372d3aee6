module "irsa" {
  source           = "github.com/example/terraform-irsa?ref=2.0"
  namespace        = "x"
  role_policy_arns = { s3 = "arn:aws:iam::aws:policy/ReadOnlyAccess", sqs = "arn:aws:iam::aws:policy/SecurityAudit" }
}
