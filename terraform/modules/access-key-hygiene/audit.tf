# What IAM cannot refuse must be looked for: the age of keys, and what nobody has used for weeks.

locals {
  config_rules = {
    access-keys-rotated     = { identifier = "ACCESS_KEYS_ROTATED", parameters = { maxAccessKeyAge = tostring(var.max_key_age_days) } }
    unused-credentials      = { identifier = "IAM_USER_UNUSED_CREDENTIALS_CHECK", parameters = { maxCredentialUsageAge = tostring(var.max_unused_days) } }
    root-has-no-access-keys = { identifier = "IAM_ROOT_ACCESS_KEY_CHECK", parameters = {} }
  }

  audit_wanted = length(var.audit_principal_arns) > 0 || var.audit_oidc != null
}

resource "aws_config_config_rule" "this" {
  for_each = var.create_config_rules ? local.config_rules : {}

  name             = "${var.name}-${each.key}"
  description      = "Access keys: ${each.key}"
  input_parameters = length(each.value.parameters) > 0 ? jsonencode(each.value.parameters) : null
  tags             = var.tags

  source {
    owner             = "AWS"
    source_identifier = each.value.identifier
  }
}

resource "aws_iam_role" "audit" {
  count = local.audit_wanted ? 1 : 0

  name                 = "${var.name}-audit"
  path                 = var.path
  description          = "Reads what the scheduled audit asks"
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for principals in [var.audit_principal_arns] : {
          Sid       = "Principals"
          Effect    = "Allow"
          Principal = { AWS = sort(principals) }
          Action    = "sts:AssumeRole"
        } if length(principals) > 0
      ],
      [
        for oidc in [var.audit_oidc] : {
          Sid       = "Pipeline"
          Effect    = "Allow"
          Principal = { Federated = oidc.provider_arn }
          Action    = "sts:AssumeRoleWithWebIdentity"
          Condition = {
            StringEquals = {
              "${element(split(":oidc-provider/", oidc.provider_arn), 1)}:aud" = oidc.audience
              "${element(split(":oidc-provider/", oidc.provider_arn), 1)}:sub" = oidc.subject
            }
          }
        } if oidc != null
      ],
    )
  })
}

resource "aws_iam_role_policy" "audit" {
  #checkov:skip=CKV_AWS_355:an audit reads every user, group, trail and bucket of the account; no call changes anything
  count = local.audit_wanted ? 1 : 0

  name = "audit"
  role = aws_iam_role.audit[0].id

  # What `tfratchet audit --print-iam-policy` prints: reading, and nothing else.
  policy = jsonencode(jsondecode(file("${path.module}/audit_policy.json")))
}
