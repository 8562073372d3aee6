module "alarm-trail" {
  source  = "./alarm"
  name    = "trail"
  pattern = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"
}

