module "alarm-root-usage" {
  source  = "./alarm"
  name    = "root-usage"
  pattern = "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }"
}

module "alarm-trail-changes" {
  source  = "./alarm"
  name    = "trail-changes"
  pattern = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"
}

