variable "bucket_name" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,54}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be a name that S3 accepts, of 56 characters at most (the bucket for access logs adds seven)."
  }
}

variable "trail_arn" {
  description = "ARN of the trail that writes here."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/[A-Za-z0-9._-]+$", var.trail_arn))
    error_message = "trail_arn must be the full ARN of one trail, without a wildcard."
  }
}

variable "organization_id" {
  description = "Id of the organization (o-...) whose accounts the trail records, or null."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id must look like o-a1b2c3d4e5."
  }
}

variable "key_prefix" {
  description = "Prefix in front of AWSLogs/ (`s3_key_prefix` of the trail), without slashes around it."
  type        = string
  default     = ""
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the logs."
  type        = string
  nullable    = false
}

variable "retention_days" {
  description = "Days for which logs are kept; 0 means for ever."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.retention_days == 0 || var.retention_days >= 365
    error_message = "retention_days must be at least 365, or 0 for ever."
  }
}

variable "archive_after_days" {
  description = "Days after which logs move to Glacier; 0 means never."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.archive_after_days >= 0 && (var.retention_days == 0 || var.archive_after_days < var.retention_days)
    error_message = "archive_after_days must be less than retention_days."
  }
}

variable "object_lock_days" {
  description = "Days for which nobody can delete a log; 0 means no object lock. It can only be switched on when the bucket is made."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.object_lock_days >= 0 && (var.retention_days == 0 || var.object_lock_days <= var.retention_days)
    error_message = "object_lock_days must not be more than retention_days."
  }
}

variable "object_lock_mode" {
  description = "COMPLIANCE: nobody can shorten it, root included. GOVERNANCE: whoever has s3:BypassGovernanceRetention can."
  type        = string
  default     = "COMPLIANCE"
  nullable    = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.object_lock_mode)
    error_message = "object_lock_mode must be COMPLIANCE or GOVERNANCE."
  }
}

variable "mfa_delete" {
  description = "MFA delete has been switched on. Only root can do that, by hand, with its MFA device (see the README); true here keeps the configuration in step."
  type        = bool
  default     = false
  nullable    = false
}

variable "access_log_bucket_name" {
  description = "Name of an existing bucket that access logs go to. Null: a bucket of its own, named like this one with -access behind."
  type        = string
  default     = null
}

variable "administrator_arns" {
  description = "ARNs of the only principals that may change the bucket or delete from it. Empty: the bucket policy leaves that to IAM. The role that runs Terraform must be among them."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.administrator_arns : can(regex("^arn:(aws[a-z-]*|\\*):iam::([0-9]{12}|\\*):(role|user)/([^/]+/)*[^/]*[A-Za-z0-9+=,.@_-]{4,}[^/]*$", arn))])
    error_message = "Each of administrator_arns must be the ARN of a role or user whose name has at least four letters in a row."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
