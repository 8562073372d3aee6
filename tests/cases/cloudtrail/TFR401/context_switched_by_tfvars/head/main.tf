variable "enabled" {
  type    = bool
  default = true
}

module "this" {
  source  = "cloudposse/label/null"
  version = "0.25.0"
  enabled = var.enabled
}

module "cloudtrail" {
  source                     = "cloudposse/cloudtrail/aws"
  version                    = "0.21.0"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  s3_bucket_name             = "acme-logs"
  context                    = module.this.context
}
