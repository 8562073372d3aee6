locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # `id` is the name of the region in every version of the provider; `name` is deprecated from 6.0 on.
  region = data.aws_region.current.id

  catalogue = jsondecode(file("${path.module}/protected_actions.json")).actions

  # Names of the actions that a policy can deny, by the kind of resource that they act on.
  actions_on = {
    for kind in distinct([for action in local.catalogue : action.resource]) :
    kind => [for action in local.catalogue : action.action if action.resource == kind && action.policy]
  }

  # What users do for themselves. It is denied on everybody else's user, not on their own.
  own_actions = concat(
    ["iam:EnableMFADevice"],
    var.allow_own_access_keys ? ["iam:CreateAccessKey", "iam:UpdateAccessKey"] : [],
    var.allow_own_mfa_removal ? ["iam:DeactivateMFADevice"] : [],
  )

  # CreateVirtualMFADevice is left out: without it nobody could add a device, and a device that EnableMFADevice has not
  # tied to a user is worth nothing. The same holds for deleting one: it must be taken off its user first.
  unbound_device_actions = concat(
    ["iam:CreateVirtualMFADevice"],
    var.allow_own_mfa_removal ? ["iam:DeleteVirtualMFADevice"] : [],
  )

  account_wide_kinds = [
    "user", "group", "role", "policy", "account", "mfa", "trail", "event-data-store", "organization", "permission-set", "config",
  ]
  account_wide_actions = sort(setsubtract(
    flatten([for kind in local.account_wide_kinds : local.actions_on[kind]]),
    concat(local.own_actions, local.unbound_device_actions),
  ))

  own_user = [
    "arn:${local.partition}:iam::*:user/$${aws:username}",
    "arn:${local.partition}:iam::*:user/*/$${aws:username}",
  ]

  bucket_arns = [for name in var.protected_bucket_names : "arn:${local.partition}:s3:::${name}"]

  # The only way past the guard. ArnNotLike on a key that every request carries: nothing else switches it off.
  condition = { ArnNotLike = { "aws:PrincipalArn" = sort(var.break_glass_principal_arns) } }

  scoped = {
    LogBucket = {
      actions   = local.actions_on["log-bucket"]
      resources = local.bucket_arns
    }
    LogObjects = {
      actions   = local.actions_on["log-object"]
      resources = [for arn in local.bucket_arns : "${arn}/*"]
    }
    LogKeys = {
      actions   = local.actions_on["key"]
      resources = var.protected_key_arns
    }
    LogGroups = {
      actions   = local.actions_on["log-group"]
      resources = [for name in var.protected_log_group_names : "arn:${local.partition}:logs:*:${local.account_id}:log-group:${name}*"]
    }
    # What this module makes, by name: an ARN that is only known after apply would hide the policy from the plan. The
    # region is left open, so that one policy also guards the rules of a second copy of this module elsewhere.
    Alarms = {
      actions = concat(local.actions_on["alarm"], local.actions_on["rule"], local.actions_on["topic"])
      resources = [
        "arn:${local.partition}:cloudwatch:*:${local.account_id}:alarm:${var.name}-*",
        "arn:${local.partition}:events:*:${local.account_id}:rule/${var.name}-guard-*",
        "arn:${local.partition}:sns:*:${local.account_id}:${var.name}-guard*",
      ]
    }
  }

  guard_document = {
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "Account"
        Effect    = "Deny"
        Action    = local.account_wide_actions
        Resource  = "*"
        Condition = local.condition
      }],
      [{
        Sid         = "OtherUsers"
        Effect      = "Deny"
        Action      = sort(local.own_actions)
        NotResource = local.own_user
        Condition   = local.condition
      }],
      [
        for sid, part in local.scoped : {
          Sid       = sid
          Effect    = "Deny"
          Action    = sort(part.actions)
          Resource  = part.resources
          Condition = local.condition
        } if length(part.resources) > 0
      ],
    )
  }

  # The organization's form of it. Alarms and topics of member accounts carry the same names.
  scp_document = {
    Version = "2012-10-17"
    Statement = [
      for statement in local.guard_document.Statement : merge(
        statement,
        { for key, value in { Resource = [for arn in flatten([lookup(statement, "Resource", [])]) : replace(arn, ":${local.account_id}:", ":*:")] } : key => value if contains(["Alarms", "LogGroups"], statement.Sid) },
      )
    ]
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_iam_policy" "guard" {
  count = var.create_policy ? 1 : 0

  name        = "${var.name}-detach-guard"
  path        = var.path
  description = "Denies what takes security away to all but break-glass principals"
  policy      = jsonencode(local.guard_document)
  tags        = var.tags

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(jsonencode(local.guard_document)) <= 6144
      error_message = "The guard is longer than the 6,144 characters of a managed policy: give fewer protected ARNs or break-glass principals."
    }
  }
}

resource "aws_iam_group_policy_attachment" "guard" {
  for_each = var.group_names

  group      = each.key
  policy_arn = aws_iam_policy.guard[0].arn
}

resource "aws_organizations_policy" "guard" {
  count = length(var.scp_targets) > 0 ? 1 : 0

  name        = "${var.name}-detach-guard"
  description = "Denies what takes security away to all but break-glass principals"
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode(local.scp_document)
  tags        = var.tags

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(jsonencode(local.scp_document)) <= 5120
      error_message = "The guard is longer than the 5,120 characters of a service control policy: give fewer protected ARNs or break-glass principals."
    }
  }
}

resource "aws_organizations_policy_attachment" "guard" {
  for_each = var.scp_targets

  policy_id = aws_organizations_policy.guard[0].id
  target_id = each.value
}
