locals {
  # Section 4 of the CIS AWS Foundations Benchmark 5.0 (section 5 from 6.0 on). A filter pattern may hold 1,024
  # characters.
  event_alarms = {
    iam-policy-changes = {
      source = null
      events = [
        "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreatePolicy", "CreatePolicyVersion", "DeleteGroupPolicy",
        "DeletePolicy", "DeletePolicyVersion", "DeleteRolePolicy", "DeleteUserPolicy", "DetachGroupPolicy", "DetachRolePolicy",
        "DetachUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
      ]
    }
    cloudtrail-changes = {
      source = null
      events = ["CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"]
    }
    key-deletion = {
      source = "kms"
      events = ["DisableKey", "ScheduleKeyDeletion"]
    }
    bucket-policy-changes = {
      source = "s3"
      events = [
        "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketPolicy", "DeleteBucketReplication", "PutBucketAcl", "PutBucketCors",
        "PutBucketLifecycle", "PutBucketPolicy", "PutBucketReplication",
      ]
    }
    config-changes = {
      source = "config"
      events = ["DeleteDeliveryChannel", "PutConfigurationRecorder", "PutDeliveryChannel", "StopConfigurationRecorder"]
    }
    security-group-changes = {
      source = null
      events = [
        "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "DeleteSecurityGroup",
        "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
      ]
    }
    network-acl-changes = {
      source = null
      events = [
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclAssociation",
        "ReplaceNetworkAclEntry",
      ]
    }
    network-gateway-changes = {
      source = null
      events = [
        "AttachInternetGateway", "CreateCustomerGateway", "CreateInternetGateway", "DeleteCustomerGateway", "DeleteInternetGateway",
        "DetachInternetGateway",
      ]
    }
    route-table-changes = {
      source = null
      events = [
        "CreateRoute", "CreateRouteTable", "DeleteRoute", "DeleteRouteTable", "DisassociateRouteTable", "ReplaceRoute",
        "ReplaceRouteTableAssociation",
      ]
    }
    vpc-changes = {
      source = null
      events = [
        "AcceptVpcPeeringConnection", "AttachClassicLinkVpc", "CreateVpc", "CreateVpcPeeringConnection", "DeleteVpc",
        "DeleteVpcPeeringConnection", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink", "ModifyVpcAttribute",
        "RejectVpcPeeringConnection",
      ]
    }
    organization-changes = {
      source = "organizations"
      events = [
        "AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake",
        "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType",
        "InviteAccountToOrganization", "LeaveOrganization", "MoveAccount", "RemoveAccountFromOrganization",
        "UpdateOrganizationalUnit", "UpdatePolicy",
      ]
    }
  }

  alarm_patterns = merge(
    {
      for name, alarm in local.event_alarms : name => format(
        alarm.source == null ? "{ %s%s }" : "{ ($.eventSource = %s.amazonaws.com) && (%s) }",
        alarm.source == null ? "" : alarm.source,
        join(" || ", [for event in alarm.events : "($.eventName = ${event})"]),
      )
    },
    {
      unauthorized-calls          = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"
      console-sign-in-without-mfa = "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") && ($.userIdentity.type = \"IAMUser\") && ($.responseElements.ConsoleLogin = \"Success\") }"
      root-use                    = "{ ($.userIdentity.type = \"Root\") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != \"AwsServiceEvent\") }"
      console-sign-in-failures    = "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }"
    },
  )

  alarms = var.cloudtrail_log_group_name == null ? {} : { for name, pattern in local.alarm_patterns : name => pattern if !contains(var.disabled_alarms, name) }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.alarms

  name           = "${var.name}-${each.key}"
  log_group_name = var.cloudtrail_log_group_name
  pattern        = each.value

  metric_transformation {
    name      = "${var.name}-${each.key}"
    namespace = var.alarm_namespace
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "CIS AWS Foundations, monitoring: ${each.key}"
  namespace           = var.alarm_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.this[each.key].metric_transformation[0].name
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = aws_sns_topic.guard[*].arn
  tags                = var.tags
}
