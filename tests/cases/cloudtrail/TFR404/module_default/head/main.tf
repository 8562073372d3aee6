module "trail" {
  source                        = "cloudposse/cloudtrail/aws"
  version                       = "0.21.0"
  is_multi_region_trail         = true
  include_global_service_events = false
}
