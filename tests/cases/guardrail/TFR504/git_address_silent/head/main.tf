module "mfa" {
  source = "git::https://github.com/trussworks/terraform-aws-mfa?ref=v3.0.0"
  name   = "people"

  iam_groups = ["people"]
}
