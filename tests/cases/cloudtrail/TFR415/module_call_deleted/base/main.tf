module "alarm-root" {
  source  = "./alarm"
  name    = "root"
  pattern = "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }"
}

module "alarm-trail" {
  source  = "./alarm"
  name    = "trail"
  pattern = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"
}

