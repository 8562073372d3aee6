mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                       = "example"
  group_names                = ["admins"]
  break_glass_principal_arns = ["arn:aws:iam::*:role/break-glass"]
}

run "wiring" {
  command = apply

  variables {
    scp_targets               = { workloads = "ou-abcd-11112222" }
    protected_bucket_names    = ["example-logs"]
    protected_key_arns        = ["arn:aws:kms:eu-central-1:123456789012:key/1"]
    protected_log_group_names = ["/cloudtrail/example"]
    cloudtrail_log_group_name = "/cloudtrail/example"
    disabled_alarms           = ["vpc-changes"]
    event_target_arns         = { queue = "arn:aws:sqs:eu-central-1:123456789012:guard" }
    subscriptions             = { security = { protocol = "https", endpoint = "https://security.example.com" } }
  }
  assert {
    condition     = aws_iam_group_policy_attachment.guard["admins"].policy_arn == aws_iam_policy.guard[0].arn && aws_iam_policy.guard[0].policy == output.policy_json
    error_message = "the guard is not attached"
  }
  assert {
    condition     = aws_organizations_policy_attachment.guard["workloads"].target_id == "ou-abcd-11112222" && aws_organizations_policy.guard[0].content == output.scp_json
    error_message = "the service control policy is not attached"
  }
  assert {
    condition     = alltrue([for s in jsondecode(output.policy_json).Statement : s.Effect == "Deny" && s.Condition == { ArnNotLike = { "aws:PrincipalArn" = ["arn:aws:iam::*:role/break-glass"] } }])
    error_message = "a statement is no deny, or can be passed by others than break-glass"
  }
  assert {
    condition     = toset([for s in jsondecode(output.policy_json).Statement : s.Sid]) == toset(["Account", "Alarms", "LogBucket", "LogGroups", "LogKeys", "LogObjects", "OtherUsers"])
    error_message = "a statement of the guard is missing"
  }
  assert {
    condition     = toset(keys(output.event_rule_names)) == toset(["alarms", "cloudtrail", "config", "kms", "log-bucket", "logs", "organizations", "people", "policies", "signin", "sso"])
    error_message = "a group of protected actions has no rule"
  }
  assert {
    condition     = alltrue([for rule in keys(output.event_rule_names) : aws_cloudwatch_event_target.guard["${rule}/topic"].arn == aws_sns_topic.guard[0].arn && aws_cloudwatch_event_target.guard["${rule}/queue"].arn == "arn:aws:sqs:eu-central-1:123456789012:guard"])
    error_message = "a rule tells nobody"
  }
  assert {
    condition     = jsondecode(output.event_patterns["log-bucket"]).detail.requestParameters.bucketName == ["example-logs"]
    error_message = "changes to every bucket are told"
  }
  assert {
    condition     = length(output.alarm_names) == 14 && !contains(output.alarm_names, "example-vpc-changes") && alltrue([for a in aws_cloudwatch_metric_alarm.this : a.alarm_actions == toset([aws_sns_topic.guard[0].arn])])
    error_message = "an alarm of the CIS benchmark is missing, or tells nobody"
  }
  assert {
    condition     = alltrue([for f in aws_cloudwatch_log_metric_filter.this : length(f.pattern) <= 1024 && startswith(f.pattern, "{ (") && endswith(f.pattern, ") }")])
    error_message = "a filter pattern is broken or longer than CloudWatch Logs takes"
  }
  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["iam-policy-changes"].log_group_name == "/cloudtrail/example" && strcontains(aws_cloudwatch_log_metric_filter.this["iam-policy-changes"].pattern, "($.eventName = DetachUserPolicy)")
    error_message = "the alarm on IAM policy changes does not see a detachment"
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.threshold == 1 && a.comparison_operator == "GreaterThanOrEqualToThreshold" && a.statistic == "Sum"])
    error_message = "an alarm waits for more than one event"
  }
  assert {
    condition     = aws_sns_topic.guard[0].kms_master_key_id == aws_kms_key.topic[0].arn && aws_kms_key.topic[0].enable_key_rotation
    error_message = "notifications go out in the clear"
  }
  assert {
    condition     = toset([for s in jsondecode(aws_kms_key.topic[0].policy).Statement[1].Principal.Service : s]) == toset(["cloudwatch.amazonaws.com", "events.amazonaws.com"])
    error_message = "rules or alarms cannot use the key of the topic, and publish nothing"
  }
  assert {
    condition     = aws_sns_topic_subscription.guard["security"].topic_arn == aws_sns_topic.guard[0].arn
    error_message = "nobody subscribes to the topic"
  }
}

run "watches_only" {
  command = apply

  variables {
    group_names   = []
    create_policy = false
  }
  assert {
    condition     = length(aws_iam_policy.guard) == 0 && length(aws_cloudwatch_metric_alarm.this) == 0 && contains(keys(output.event_rule_names), "policies")
    error_message = "a second copy does more, or less, than watch"
  }
  assert {
    condition     = !contains(keys(output.event_rule_names), "log-bucket")
    error_message = "a rule on log buckets without a bucket would tell of every bucket"
  }
}

run "nothing_but_policy" {
  command = apply

  variables {
    create_event_rules = false
  }
  assert {
    condition     = length(aws_sns_topic.guard) == 0 && length(aws_cloudwatch_event_rule.guard) == 0 && output.topic_arn == null
    error_message = "a topic was made that nothing publishes to"
  }
}
