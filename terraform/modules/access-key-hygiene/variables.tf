variable "name" {
  description = "Prefix of the names of everything that this module creates."
  type        = string
  default     = "baseline"
  nullable    = false
}

variable "path" {
  description = "IAM path of policy and role."
  type        = string
  default     = "/"
  nullable    = false
}

variable "group_names" {
  description = "Names of the IAM groups that get the policy."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.group_names) > 0
    error_message = "group_names must not be empty: a policy that nobody has stops nothing."
  }
}

variable "deny_long_lived_keys" {
  description = "Long-lived access keys are only good for starting a session with MFA (sts:GetSessionToken). False for groups of programs that cannot: give them rotation_deadlines."
  type        = bool
  default     = true
  nullable    = false
}

variable "rotation_deadlines" {
  description = "User names by the time (UTC, 2027-01-31T00:00:00Z) after which their long-lived keys are refused. Move the time on when a key has been changed for a new one."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for day in keys(var.rotation_deadlines) : can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", day)) && can(timeadd(day, "0s"))])
    error_message = "The keys of rotation_deadlines must be times like 2027-01-31T00:00:00Z."
  }

  validation {
    condition     = alltrue([for users in values(var.rotation_deadlines) : length(users) > 0 && alltrue([for user in users : can(regex("^[A-Za-z0-9+=,.@_-]+$", user))])])
    error_message = "Each of rotation_deadlines needs user names, without wildcards."
  }

  validation {
    condition     = length(distinct([for day in keys(var.rotation_deadlines) : substr(day, 0, 10)])) == length(var.rotation_deadlines)
    error_message = "Give each day in rotation_deadlines once."
  }
}

variable "revoke_sessions_before" {
  description = "Refuse every session that was started before this time (UTC, 2027-01-31T00:00:00Z). Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.revoke_sessions_before == null || (can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", var.revoke_sessions_before)) && can(timeadd(var.revoke_sessions_before, "0s")))
    error_message = "revoke_sessions_before must be a time like 2027-01-31T00:00:00Z."
  }
}

variable "create_config_rules" {
  description = "Create AWS Config rules on the age and use of keys. Needs a configuration recorder in this region."
  type        = bool
  default     = false
  nullable    = false
}

variable "max_key_age_days" {
  description = "Age of a key at which the Config rule complains. CIS AWS Foundations 5.0, 1.13: at most 90."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.max_key_age_days >= 1 && var.max_key_age_days <= 90
    error_message = "max_key_age_days must be between 1 and 90 (CIS AWS Foundations 5.0, 1.13)."
  }
}

variable "max_unused_days" {
  description = "Days without use at which the Config rule complains. CIS AWS Foundations 5.0, 1.11: at most 45."
  type        = number
  default     = 45
  nullable    = false

  validation {
    condition     = var.max_unused_days >= 1 && var.max_unused_days <= 45
    error_message = "max_unused_days must be between 1 and 45 (CIS AWS Foundations 5.0, 1.11)."
  }
}

variable "audit_principal_arns" {
  description = "ARNs of principals that may take on a read-only role for the scheduled audit."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.audit_principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "Each of audit_principal_arns must be the ARN of one role or user."
  }
}

variable "audit_oidc" {
  description = "A pipeline that may take on that role: ARN of the OIDC provider, audience, and the exact subject."
  type = object({
    provider_arn = string
    audience     = optional(string, "sts.amazonaws.com")
    subject      = string
  })
  default = null

  validation {
    condition     = var.audit_oidc == null || (can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/.+$", var.audit_oidc.provider_arn)) && can(regex("^[^*?]{8,}$", var.audit_oidc.subject)))
    error_message = "audit_oidc needs the ARN of an OIDC provider and a subject without a wildcard."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
