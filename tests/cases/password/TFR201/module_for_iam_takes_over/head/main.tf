module "iam" {
  source        = "github.com/example/terraform-iam-superadmins"
  account_alias = "example"
}
