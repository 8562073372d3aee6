variable "name" {
  description = "Prefix of the names of everything that this module creates."
  type        = string
  default     = "baseline"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "name may hold letters, digits and +=,.@_- (64 characters at most)."
  }
}

variable "path" {
  description = "IAM path of policies and group."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.path))
    error_message = "path must begin and end with a slash."
  }
}

variable "group_names" {
  description = "Names of the IAM groups whose members need MFA."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.group_names) + length(var.user_names) > 0
    error_message = "group_names must not be empty: a guard that nobody has guards nothing."
  }

  validation {
    condition     = alltrue([for group in var.group_names : length(trimspace(group)) > 0])
    error_message = "group_names holds an empty name."
  }
}

variable "user_names" {
  description = "Names of IAM users that are in none of these groups. They are put into a group made for them; memberships made elsewhere stay."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "extra_not_actions" {
  description = "Further actions that need no MFA. Wildcards and protected actions are refused: each entry is a hole in the guard."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for action in var.extra_not_actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))])
    error_message = "Each entry of extra_not_actions must be one action, service:Action, without a wildcard."
  }

  validation {
    condition     = alltrue([for action in var.extra_not_actions : !contains(local.catalogue.refused, lower(action))])
    error_message = "extra_not_actions names a protected action. With it in NotAction a stolen password or key is enough to lift the guard."
  }
}

variable "allow_password_change_without_mfa" {
  description = "Allow iam:ChangePassword and iam:GetAccountPasswordPolicy without MFA. Needed for users whose first sign-in forces a new password; whoever holds a stolen password can change it, too (see the README)."
  type        = bool
  default     = false
  nullable    = false
}

variable "self_service" {
  description = "What users may manage for themselves once they have signed in with MFA, beyond adding a device and changing their password."
  type = object({
    access_keys          = optional(bool, true)
    git_credentials      = optional(bool, false)
    remove_mfa_device    = optional(bool, false)
    signing_certificates = optional(bool, false)
    ssh_keys             = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "scp_targets" {
  description = "Ids of roots, organizational units or accounts that also get the guard as a service control policy. Run in the management account, or a delegated one. By a name of your choice, known before apply."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.scp_targets) : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$", id))])
    error_message = "Each of scp_targets must be the id of a root (r-...), an organizational unit (ou-...) or an account (12 digits)."
  }
}

variable "scp_exempt_user_arns" {
  description = "ARNs of IAM users that the service control policy leaves alone: programs that cannot hold an MFA device."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.scp_exempt_user_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:user/([^*?]+/)?[^*?/]+$", arn))])
    error_message = "Each of scp_exempt_user_arns must be the full ARN of one user, without a wildcard."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
