variable "readonly_user_names" {
  default = []
}

module "access" {
  source              = "git::https://example.com/terraform-aws-iam-assumed-roles.git?ref=tags/0.2.0"
  readonly_user_names = [var.readonly_user_names]
}
