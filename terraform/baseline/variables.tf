variable "name" {
  description = "Prefix of the names of everything, and name of the trail unless trail_name is given."
  type        = string
  default     = "baseline"
  nullable    = false
}

variable "trail_name" {
  description = "Name of the trail, when it is another one: that of a trail to be imported. Null: as `name`."
  type        = string
  default     = null
}

variable "break_glass_principal_arns" {
  description = "ARNs of the roles and users that the guard lets pass: break-glass, and the role that runs Terraform."
  type        = set(string)
  nullable    = false
}

variable "groups" {
  description = "Groups by name, with the policies of each, as in the module iam-groups. Every group gets the MFA policy, the guard and the access key policy."
  type = map(object({
    path     = optional(string, "/")
    policies = map(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for group in var.groups : length(group.policies) <= 5])
    error_message = "A group can hold 10 managed policies (default quota of IAM), and the baseline attaches up to five of its own."
  }
}

variable "existing_group_names" {
  description = "Names of groups made elsewhere that get the MFA policy, the guard and the access key policy, too."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.groups) + length(var.existing_group_names) > 0
    error_message = "Give groups or existing_group_names: a baseline that reaches nobody guards nothing."
  }

  validation {
    condition     = length(setintersection(keys(var.groups), var.existing_group_names)) == 0
    error_message = "existing_group_names names a group that is made here."
  }
}

variable "members" {
  description = "Names of the groups (keys of `groups`) by user name."
  type        = map(set(string))
  default     = {}
  nullable    = false
}

variable "groups_without_mfa" {
  description = "Names of groups of programs that cannot hold an MFA device. They still get the guard."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for group in var.groups_without_mfa : contains(keys(var.groups), group) || contains(var.existing_group_names, group)])
    error_message = "groups_without_mfa names a group that is neither in groups nor in existing_group_names."
  }
}

variable "minimum_password_length" {
  description = "Least number of characters of a password; at least 14."
  type        = number
  default     = 14
  nullable    = false
}

variable "require_uppercase_characters" {
  description = "A password needs an uppercase letter."
  type        = bool
  default     = true
  nullable    = false
}

variable "require_lowercase_characters" {
  description = "A password needs a lowercase letter."
  type        = bool
  default     = true
  nullable    = false
}

variable "require_numbers" {
  description = "A password needs a digit."
  type        = bool
  default     = true
  nullable    = false
}

variable "require_symbols" {
  description = "A password needs a symbol."
  type        = bool
  default     = true
  nullable    = false
}

variable "max_password_age" {
  description = "Days after which a password must be changed; at most 90."
  type        = number
  default     = 90
  nullable    = false
}

variable "password_reuse_prevention" {
  description = "How many earlier passwords may not be used again; 24."
  type        = number
  default     = 24
  nullable    = false
}

variable "allow_users_to_change_password" {
  description = "Users may change their own password."
  type        = bool
  default     = true
  nullable    = false
}

variable "hard_expiry" {
  description = "An expired password can only be reset by an administrator."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.hard_expiry || var.mfa.allow_password_change_without_mfa
    error_message = "hard_expiry without mfa.allow_password_change_without_mfa locks users out: an expired password can only be reset by an administrator, and the first sign-in with the new one is then refused for want of MFA."
  }
}

variable "allow_weaker_password_policy" {
  description = "Accept a password policy below the floors."
  type        = bool
  default     = false
  nullable    = false
}

variable "mfa" {
  description = "Settings of the module mfa-enforcement. What `self_service` says of access keys and MFA devices holds for the guard, too."
  type = object({
    allow_password_change_without_mfa = optional(bool, false)
    extra_not_actions                 = optional(set(string), [])
    scp_exempt_user_arns              = optional(list(string), [])
    self_service = optional(object({
      access_keys          = optional(bool, true)
      git_credentials      = optional(bool, false)
      remove_mfa_device    = optional(bool, false)
      signing_certificates = optional(bool, false)
      ssh_keys             = optional(bool, false)
    }), {})
  })
  default  = {}
  nullable = false
}

variable "log_bucket_name" {
  description = "Name of the bucket to make for the logs. Null when existing_log_bucket_name is given."
  type        = string
  default     = null
}

variable "existing_log_bucket_name" {
  description = "Name of a bucket made elsewhere that the trail writes to."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "Id of the organization (o-...) for an organization trail, or null."
  type        = string
  default     = null
}

variable "cloudtrail" {
  description = "Settings of the modules cloudtrail and log-bucket. `reader_groups` are keys of `groups`, or names of groups made elsewhere."
  type = object({
    access_log_bucket_name = optional(string)
    advanced_data_events = optional(map(map(object({
      equals          = optional(list(string))
      not_equals      = optional(list(string))
      starts_with     = optional(list(string))
      not_starts_with = optional(list(string))
      ends_with       = optional(list(string))
      not_ends_with   = optional(list(string))
    }))), {})
    archive_after_days        = optional(number, 90)
    data_events               = optional(map(list(string)), {})
    insight_types             = optional(set(string), ["ApiCallRateInsight", "ApiErrorRateInsight"])
    key_prefix                = optional(string, "")
    kms_key_arn               = optional(string)
    log_group_retention_days  = optional(number, 365)
    log_reader_principal_arns = optional(set(string), [])
    mfa_delete                = optional(bool, false)
    object_lock_days          = optional(number, 0)
    object_lock_mode          = optional(string, "COMPLIANCE")
    reader_groups             = optional(set(string), [])
    retention_days            = optional(number, 0)
  })
  default  = {}
  nullable = false
}

variable "guard" {
  description = "Settings of the module detach-guard."
  type = object({
    disabled_alarms   = optional(set(string), [])
    event_target_arns = optional(map(string), {})
  })
  default  = {}
  nullable = false
}

variable "subscriptions" {
  description = "Who is told of protected calls and alarms, by a name of your choice."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default  = {}
  nullable = false
}

variable "scp_targets" {
  description = "Ids of roots, organizational units or accounts that get MFA enforcement and guard as service control policies, too. By a name of your choice, known before apply."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "access_keys" {
  description = "Settings of the module access-key-hygiene."
  type = object({
    audit_oidc = optional(object({
      provider_arn = string
      audience     = optional(string, "sts.amazonaws.com")
      subject      = string
    }))
    audit_principal_arns   = optional(set(string), [])
    create_config_rules    = optional(bool, false)
    deny_long_lived_keys   = optional(bool, true)
    revoke_sessions_before = optional(string)
    rotation_deadlines     = optional(map(set(string)), {})
  })
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
