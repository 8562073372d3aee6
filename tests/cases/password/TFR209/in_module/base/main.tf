module "iam" {
  source = "./iam"
  change = true
}
