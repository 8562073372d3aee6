variable "name" {
  description = "Prefix of the names of everything that this module creates."
  type        = string
  default     = "baseline"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{3,40}$", var.name))
    error_message = "name may hold 3 to 40 letters, digits, dashes and underscores. The guard protects what begins with it."
  }
}

variable "path" {
  description = "IAM path of the policy."
  type        = string
  default     = "/"
  nullable    = false
}

variable "break_glass_principal_arns" {
  description = "ARNs of the roles and users that the guard lets pass: break-glass, and the role that runs Terraform. `*` may stand for the account and for a part of a name."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.break_glass_principal_arns) > 0
    error_message = "break_glass_principal_arns must not be empty: nobody, Terraform included, could ever change the guard again."
  }

  validation {
    condition     = alltrue([for arn in var.break_glass_principal_arns : can(regex("^arn:(aws[a-z-]*|\\*):iam::([0-9]{12}|\\*):(role|user)/([^/]+/)*[^/]*[A-Za-z0-9+=,.@_-]{4,}[^/]*$", arn))])
    error_message = "Each of break_glass_principal_arns must be the ARN of a role or user whose name has at least four letters in a row: a bare wildcard would let everybody pass."
  }
}

variable "create_policy" {
  description = "Create the managed policy. False for a second copy of this module that only watches another region."
  type        = bool
  default     = true
  nullable    = false
}

variable "group_names" {
  description = "Names of the IAM groups that get the guard."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.group_names) == 0 || var.create_policy
    error_message = "group_names needs create_policy = true."
  }

  validation {
    condition     = !var.create_policy || length(var.group_names) + length(var.scp_targets) > 0
    error_message = "Give group_names or scp_targets: a guard that nobody has guards nothing."
  }
}

variable "scp_targets" {
  description = "Ids of roots, organizational units or accounts that get the guard as a service control policy. Run in the management account, or a delegated one. By a name of your choice, known before apply."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.scp_targets) : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$", id))])
    error_message = "Each of scp_targets must be the id of a root (r-...), an organizational unit (ou-...) or an account (12 digits)."
  }
}

variable "allow_own_access_keys" {
  description = "Users may make and switch their own access keys, which rotation needs. Those of others stay protected."
  type        = bool
  default     = true
  nullable    = false
}

variable "allow_own_mfa_removal" {
  description = "Users may take an MFA device off their own user. Without it a lost device is a case for break-glass."
  type        = bool
  default     = false
  nullable    = false
}

variable "protected_bucket_names" {
  description = "Names of the buckets that hold logs. Their settings and objects are guarded, and changes to them are told."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.protected_bucket_names : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "Each of protected_bucket_names must be the name of a bucket, without a wildcard or a key."
  }
}

variable "protected_key_arns" {
  description = "ARNs of the KMS keys that encrypt logs. A list, since its length must be known before the keys are made."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "protected_log_group_names" {
  description = "Names of the log groups that CloudTrail writes to."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "create_event_rules" {
  description = "Create EventBridge rules on the protected calls, and the topic that they go to. IAM, Organizations and sign-in events appear only in the region that holds the global services (us-east-1)."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_target_arns" {
  description = "Further targets of the rules by name: queues, functions or buses whose own policy lets EventBridge in."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.event_target_arns) <= 4
    error_message = "A rule takes five targets, and the topic is one of them."
  }
}

variable "subscriptions" {
  description = "Who gets the notifications, by a name of your choice: `{ protocol = \"email\", endpoint = \"...\" }`."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for subscription in values(var.subscriptions) : subscription.protocol != "http"])
    error_message = "A subscription must not be plain http: notifications say what is protected, and by whom."
  }
}

variable "topic_kms_key_arn" {
  description = "ARN of a KMS key for the topic. Its policy must let events and cloudwatch in. Null: a key of its own."
  type        = string
  default     = null
}

variable "cloudtrail_log_group_name" {
  description = "Name of the log group that CloudTrail writes to. With it come the metric filters and alarms of section 4 of the CIS benchmark; it must be in the same region."
  type        = string
  default     = null
}

variable "disabled_alarms" {
  description = "Names of CIS alarms that are not wanted."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.disabled_alarms : contains(keys(local.alarm_patterns), name)])
    error_message = "disabled_alarms names no alarm of this module."
  }

  validation {
    condition     = length(setintersection(var.disabled_alarms, ["cloudtrail-changes", "console-sign-in-without-mfa", "iam-policy-changes"])) == 0
    error_message = "The alarms cloudtrail-changes, console-sign-in-without-mfa and iam-policy-changes watch the guard itself and stay on."
  }
}

variable "alarm_namespace" {
  description = "CloudWatch namespace of the metrics."
  type        = string
  default     = "Baseline"
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
