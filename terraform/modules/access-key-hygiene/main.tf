locals {
  partition = data.aws_partition.current.partition

  own_user = [
    "arn:${local.partition}:iam::*:user/$${aws:username}",
    "arn:${local.partition}:iam::*:user/*/$${aws:username}",
  ]

  # IAM knows no condition on the age of a key. What it can tell apart: a request signed with a long-lived key carries
  # no aws:TokenIssueTime; one from the console, a role or GetSessionToken does.
  long_lived = { Null = { "aws:TokenIssueTime" = "true" } }

  # What a long-lived key is still good for: to get a session, with MFA, and to find out who one is.
  session_actions = ["iam:GetUser", "iam:ListMFADevices", "sts:GetCallerIdentity", "sts:GetSessionToken"]
  rotation_actions = concat(local.session_actions, [
    "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey",
  ])

  document = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid         = "NoKeysForOthers"
          Effect      = "Deny"
          Action      = ["iam:CreateAccessKey", "iam:UpdateAccessKey"]
          NotResource = local.own_user
        },
        {
          Sid       = "NoNewKeyWithoutMfa"
          Effect    = "Deny"
          Action    = ["iam:CreateAccessKey", "iam:UpdateAccessKey"]
          Resource  = "*"
          Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
        },
      ],
      [
        for statement in [{
          Sid       = "LongLivedKeysOnlyStartSessions"
          Effect    = "Deny"
          NotAction = local.session_actions
          Resource  = "*"
          Condition = local.long_lived
        }] : statement if var.deny_long_lived_keys
      ],
      [
        for day in sort(keys(var.rotation_deadlines)) : {
          Sid       = "RotateBy${replace(substr(day, 0, 10), "-", "")}"
          Effect    = "Deny"
          NotAction = local.rotation_actions
          Resource  = "*"
          Condition = merge(local.long_lived, {
            DateGreaterThan = { "aws:CurrentTime" = day }
            StringEquals    = { "aws:username" = sort(var.rotation_deadlines[day]) }
          })
        }
      ],
      [
        for time in compact([var.revoke_sessions_before]) : {
          Sid       = "NoOldSessions"
          Effect    = "Deny"
          Action    = "*"
          Resource  = "*"
          Condition = { DateLessThan = { "aws:TokenIssueTime" = time } }
        }
      ],
    )
  }
}

data "aws_partition" "current" {}

resource "aws_iam_policy" "keys" {
  name        = "${var.name}-access-keys"
  path        = var.path
  description = "Keeps long-lived access keys from being more than a way to start a session"
  policy      = jsonencode(local.document)
  tags        = var.tags

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(jsonencode(local.document)) <= 6144
      error_message = "The policy is longer than the 6,144 characters of a managed policy: give fewer rotation_deadlines."
    }
  }
}

resource "aws_iam_group_policy_attachment" "keys" {
  for_each = var.group_names

  group      = each.key
  policy_arn = aws_iam_policy.keys.arn
}
