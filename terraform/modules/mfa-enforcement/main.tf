locals {
  partition = data.aws_partition.current.partition
  catalogue = jsondecode(file("${path.module}/protected_actions.json"))

  # What a user must be able to do before there is a second factor. Each entry is harmless in the hands of somebody
  # who only has the password (see the README); nothing here changes a permission or removes a factor.
  not_actions = sort(distinct(concat(
    local.catalogue.mfa_self_service,
    var.allow_password_change_without_mfa ? local.catalogue.mfa_first_sign_in : [],
    tolist(var.extra_not_actions),
  )))

  # The lock. One statement in a document of its own: no setting of this module, and no attachment of another policy,
  # leads past an explicit Deny.
  # BoolIfExists, not Bool: requests with long-lived access keys carry no such key at all, and Bool would let them pass.
  deny_document = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyAllButMfaSelfServiceWithoutMfa"
        Effect    = "Deny"
        NotAction = local.not_actions
        Resource  = "*"
        Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
      },
    ]
  }

  # A user's own ARN, with and without a path in front of the name. User names are unique in an account, so the second
  # form reaches nobody else.
  own_user = [
    "arn:${local.partition}:iam::*:user/$${aws:username}",
    "arn:${local.partition}:iam::*:user/*/$${aws:username}",
  ]

  # The key to the lock: what lets a user add a device. It grants nothing that the Deny above would have to stop.
  self_service_statements = {
    ReadAccountInformation = {
      actions   = ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"]
      resources = ["*"]
      mfa       = false
    }
    AddOwnMfaDevice = {
      actions   = ["iam:EnableMFADevice", "iam:GetMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"]
      resources = local.own_user
      mfa       = false
    }
    # Devices have names of their own since 2022: mfa/$${aws:username} would match no device that the console makes.
    CreateMfaDevice = {
      actions   = ["iam:CreateVirtualMFADevice"]
      resources = ["arn:${local.partition}:iam::*:mfa/*"]
      mfa       = false
    }
    ChangeOwnPassword = {
      actions   = ["iam:ChangePassword"]
      resources = local.own_user
      mfa       = false
    }
    RemoveOwnMfaDevice = {
      actions   = ["iam:DeactivateMFADevice"]
      resources = local.own_user
      mfa       = true
    }
    DeleteUnusedMfaDevice = {
      actions   = ["iam:DeleteVirtualMFADevice"]
      resources = ["arn:${local.partition}:iam::*:mfa/*"]
      mfa       = true
    }
    ManageOwnAccessKeys = {
      actions = [
        "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey",
      ]
      resources = local.own_user
      mfa       = true
    }
    ManageOwnSigningCertificates = {
      actions = [
        "iam:DeleteSigningCertificate", "iam:ListSigningCertificates", "iam:UpdateSigningCertificate",
        "iam:UploadSigningCertificate",
      ]
      resources = local.own_user
      mfa       = true
    }
    ManageOwnSshKeys = {
      actions = [
        "iam:DeleteSSHPublicKey", "iam:GetSSHPublicKey", "iam:ListSSHPublicKeys", "iam:UpdateSSHPublicKey",
        "iam:UploadSSHPublicKey",
      ]
      resources = local.own_user
      mfa       = true
    }
    ManageOwnGitCredentials = {
      actions = [
        "iam:CreateServiceSpecificCredential", "iam:DeleteServiceSpecificCredential", "iam:ListServiceSpecificCredentials",
        "iam:ResetServiceSpecificCredential", "iam:UpdateServiceSpecificCredential",
      ]
      resources = local.own_user
      mfa       = true
    }
  }

  self_service_wanted = concat(
    ["AddOwnMfaDevice", "ChangeOwnPassword", "CreateMfaDevice", "ReadAccountInformation"],
    var.self_service.remove_mfa_device ? ["DeleteUnusedMfaDevice", "RemoveOwnMfaDevice"] : [],
    var.self_service.access_keys ? ["ManageOwnAccessKeys"] : [],
    var.self_service.signing_certificates ? ["ManageOwnSigningCertificates"] : [],
    var.self_service.ssh_keys ? ["ManageOwnSshKeys"] : [],
    var.self_service.git_credentials ? ["ManageOwnGitCredentials"] : [],
  )

  # In an Allow it is the other way round: Bool = true is the strict form, BoolIfExists would let long-lived keys in.
  self_service_document = {
    Version = "2012-10-17"
    Statement = [
      for sid in sort(local.self_service_wanted) : merge(
        {
          Sid      = sid
          Effect   = "Allow"
          Action   = local.self_service_statements[sid].actions
          Resource = local.self_service_statements[sid].resources
        },
        { for key, value in { Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } } } : key => value if local.self_service_statements[sid].mfa },
      )
    ]
  }

  # The same lock for whole accounts. An SCP reaches roles too, and sessions of roles that services use carry no MFA:
  # so it is bound to IAM users. Every further key in this condition makes it weaker; that is why there are only two.
  scp_document = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyIamUsersWithoutMfa"
        Effect    = "Deny"
        NotAction = local.not_actions
        Resource  = "*"
        Condition = merge(
          {
            BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" }
            ArnLike      = { "aws:PrincipalArn" = "arn:${local.partition}:iam::*:user/*" }
          },
          { for key, value in { ArnNotLike = { "aws:PrincipalArn" = sort(var.scp_exempt_user_arns) } } : key => value if length(var.scp_exempt_user_arns) > 0 },
        )
      },
    ]
  }

  groups = setunion(var.group_names, length(var.user_names) > 0 ? [one(aws_iam_group.users[*].name)] : [])
}

data "aws_partition" "current" {}

resource "aws_iam_policy" "deny_without_mfa" {
  name        = "${var.name}-deny-without-mfa"
  path        = var.path
  description = "Denies everything but adding an MFA device until the request carries MFA"
  policy      = jsonencode(local.deny_document)
  tags        = var.tags

  lifecycle {
    # Detaching or deleting it lets everybody in without MFA.
    prevent_destroy = true

    precondition {
      condition     = length(jsonencode(local.deny_document)) <= 6144
      error_message = "The deny policy is longer than the 6,144 characters of a managed policy: shorten extra_not_actions."
    }
  }
}

resource "aws_iam_policy" "self_service" {
  name        = "${var.name}-mfa-self-service"
  path        = var.path
  description = "Lets users add an MFA device of their own and change their own password"
  policy      = jsonencode(local.self_service_document)
  tags        = var.tags
}

# A group for users that are in no other guarded group, so that none of them needs a policy of their own.
resource "aws_iam_group" "users" {
  count = length(var.user_names) > 0 ? 1 : 0

  name = "${var.name}-mfa-users"
  path = var.path
}

resource "aws_iam_user_group_membership" "users" {
  for_each = var.user_names

  user   = each.key
  groups = aws_iam_group.users[*].name
}

# for_each by name, never count: with count, a group that leaves the middle of the list re-indexes those behind it, and
# detach and attach of the same pair then run at the same time (provider #3420).
resource "aws_iam_group_policy_attachment" "deny_without_mfa" {
  for_each = var.group_names

  group      = each.key
  policy_arn = aws_iam_policy.deny_without_mfa.arn
}

resource "aws_iam_group_policy_attachment" "self_service" {
  for_each = var.group_names

  group      = each.key
  policy_arn = aws_iam_policy.self_service.arn
}

resource "aws_iam_group_policy_attachment" "users" {
  for_each = length(var.user_names) > 0 ? { deny_without_mfa = aws_iam_policy.deny_without_mfa.arn, self_service = aws_iam_policy.self_service.arn } : {}

  group      = one(aws_iam_group.users[*].name)
  policy_arn = each.value
}

resource "aws_organizations_policy" "deny_without_mfa" {
  count = length(var.scp_targets) > 0 ? 1 : 0

  name        = "${var.name}-deny-users-without-mfa"
  description = "Denies IAM users everything but adding an MFA device until the request carries MFA"
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode(local.scp_document)
  tags        = var.tags

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(jsonencode(local.scp_document)) <= 5120
      error_message = "The service control policy is longer than 5,120 characters: shorten scp_exempt_user_arns or extra_not_actions."
    }
  }
}

resource "aws_organizations_policy_attachment" "deny_without_mfa" {
  for_each = var.scp_targets

  policy_id = aws_organizations_policy.deny_without_mfa[0].id
  target_id = each.value
}
