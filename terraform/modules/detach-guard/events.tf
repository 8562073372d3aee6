locals {
  # One rule for each group of actions: a pattern may hold 2,048 characters at most.
  event_groups = {
    for group in distinct([for action in local.catalogue : action.group if action.group != "signin"]) : group => {
      sources = distinct([for action in local.catalogue : action.event_source if action.group == group])
      names   = distinct(flatten([for action in local.catalogue : action.events if action.group == group]))
    }
  }

  # Programs may not send events whose source begins with "aws.", so nothing but AWS itself sets these off. Failed calls
  # match too: an attempt is worth knowing. No caller is left out, Terraform least of all.
  patterns = merge(
    {
      for group, match in local.event_groups : group => {
        source      = [{ prefix = "aws." }]
        detail-type = ["AWS API Call via CloudTrail"]
        detail = merge(
          { eventSource = match.sources, eventName = match.names },
          { for key, value in { requestParameters = { bucketName = tolist(var.protected_bucket_names) } } : key => value if group == "log-bucket" },
        )
      } if group != "log-bucket" || length(tolist(var.protected_bucket_names)) > 0
    },
    {
      signin = {
        source      = [{ prefix = "aws." }]
        detail-type = ["AWS Console Sign In via CloudTrail"]
        detail = {
          eventName           = ["ConsoleLogin"]
          userIdentity        = { type = ["IAMUser", "Root"] }
          additionalEventData = { MFAUsed = ["No"] }
          responseElements    = { ConsoleLogin = ["Success"] }
        }
      }
    },
  )

  rules = { for group, pattern in local.patterns : group => pattern if var.create_event_rules }

  targets = merge([
    for rule in keys(local.rules) : merge(
      { "${rule}/topic" = { rule = rule, arn = one(aws_sns_topic.guard[*].arn) } },
      { for name, arn in var.event_target_arns : "${rule}/${name}" => { rule = rule, arn = arn } },
    )
  ]...)
}

resource "aws_cloudwatch_event_rule" "guard" {
  for_each = local.rules

  name          = "${var.name}-guard-${each.key}"
  description   = "Calls that take security away: ${each.key}"
  event_pattern = jsonencode(each.value)
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = length(jsonencode(each.value)) <= 2048
      error_message = "The event pattern ${each.key} is longer than 2,048 characters: give fewer protected buckets."
    }
  }
}

resource "aws_cloudwatch_event_target" "guard" {
  for_each = local.targets

  rule      = aws_cloudwatch_event_rule.guard[each.value.rule].name
  target_id = replace(each.key, "/", "-")
  arn       = each.value.arn
}
