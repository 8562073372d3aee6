variable "name" {
  description = "Name of the trail. To rename it is to replace it."
  type        = string
  default     = "baseline"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,48}[A-Za-z0-9]$", var.name))
    error_message = "name must be a name that CloudTrail accepts, of 50 characters at most."
  }
}

variable "path" {
  description = "IAM path of role and policy."
  type        = string
  default     = "/"
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the bucket to make for the logs. Null when existing_bucket_name is given."
  type        = string
  default     = null

  validation {
    condition     = (var.bucket_name == null) != (var.existing_bucket_name == null)
    error_message = "Give either bucket_name (a bucket is made) or existing_bucket_name."
  }
}

variable "existing_bucket_name" {
  description = "Name of a bucket made elsewhere, of a log account for example. Its policy must let this trail write."
  type        = string
  default     = null
}

variable "key_prefix" {
  description = "Prefix in front of AWSLogs/ in the bucket, without slashes around it."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([A-Za-z0-9!_.*'()-]([A-Za-z0-9!_.*'()/-]*[A-Za-z0-9!_.*'()-])?)?$", var.key_prefix))
    error_message = "key_prefix must not begin or end with a slash."
  }
}

variable "log_bucket" {
  description = "Settings of the bucket, as in the module log-bucket."
  type = object({
    retention_days         = optional(number, 0)
    archive_after_days     = optional(number, 90)
    object_lock_days       = optional(number, 0)
    object_lock_mode       = optional(string, "COMPLIANCE")
    mfa_delete             = optional(bool, false)
    access_log_bucket_name = optional(string)
    administrator_arns     = optional(set(string), [])
  })
  default  = {}
  nullable = false
}

variable "kms_key_arn" {
  description = "ARN of a KMS key made elsewhere, whose policy lets CloudTrail and CloudWatch Logs in. Null: a key of its own, with rotation."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key. Logs are never left without a key of yours."
  }
}

variable "log_reader_principal_arns" {
  description = "ARNs of principals, other accounts' too, that may decrypt log files with the key."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.log_reader_principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(root|role/.+|user/.+)$", arn))])
    error_message = "Each of log_reader_principal_arns must be the ARN of an account's root, a role or a user."
  }
}

variable "is_multi_region_trail" {
  description = "Record every region, those that AWS opens later included. CIS AWS Foundations 5.0, 3.1."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.is_multi_region_trail || var.allow_weaker
    error_message = "is_multi_region_trail must be true (CIS AWS Foundations 5.0, 3.1). Set allow_weaker = true to accept one region."
  }
}

variable "include_global_service_events" {
  description = "Record events of global services, IAM among them."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.include_global_service_events || !var.is_multi_region_trail
    error_message = "A multi-region trail records global service events: the API refuses the one without the other."
  }
}

variable "organization_id" {
  description = "Id of the organization (o-...) to record all of its accounts, or null. Run in the management account, or a delegated one."
  type        = string
  default     = null
}

variable "data_events" {
  description = "Data events to record beside management events: ARN prefixes by type (AWS::S3::Object, AWS::Lambda::Function, AWS::DynamoDB::Table). `[\"arn:aws:s3\"]` means every bucket."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for type in keys(var.data_events) : contains(["AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::S3::Object"], type)])
    error_message = "data_events takes AWS::S3::Object, AWS::Lambda::Function and AWS::DynamoDB::Table; for other types use advanced_data_events."
  }

  validation {
    condition     = length(var.data_events) == 0 || length(var.advanced_data_events) == 0
    error_message = "Give data_events or advanced_data_events: a trail has selectors of one kind."
  }
}

variable "advanced_data_events" {
  description = "Data events by advanced selectors: for each name the fields and what they must be (`{ \"resources.type\" = { equals = [\"AWS::S3::Object\"] } }`). Management events stay on; eventCategory is set here."
  type = map(map(object({
    equals          = optional(list(string))
    not_equals      = optional(list(string))
    starts_with     = optional(list(string))
    not_starts_with = optional(list(string))
    ends_with       = optional(list(string))
    not_ends_with   = optional(list(string))
  })))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for fields in values(var.advanced_data_events) : contains(keys(fields), "resources.type") && !contains(keys(fields), "eventCategory")])
    error_message = "Each entry of advanced_data_events needs resources.type, and no eventCategory."
  }

  validation {
    condition     = !contains(keys(var.advanced_data_events), "Management events")
    error_message = "The selector \"Management events\" is this module's own: give yours another name."
  }
}

variable "insight_types" {
  description = "Insights to record: unusual rates of calls and of errors."
  type        = set(string)
  default     = ["ApiCallRateInsight", "ApiErrorRateInsight"]
  nullable    = false

  validation {
    condition     = alltrue([for type in var.insight_types : contains(["ApiCallRateInsight", "ApiErrorRateInsight"], type)])
    error_message = "insight_types takes ApiCallRateInsight and ApiErrorRateInsight."
  }
}

variable "log_group_retention_days" {
  description = "Days for which CloudWatch Logs keeps events; 0 means for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_group_retention_days) || var.allow_weaker
    error_message = "log_group_retention_days must be at least 365 and a value that CloudWatch Logs knows, or 0. Set allow_weaker = true to accept less."
  }
}

variable "reader_group_names" {
  description = "Names of IAM groups that may read the logs."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "allow_weaker" {
  description = "Accept one region, no global events, or a shorter retention. Say it aloud, and say in a comment beside it why."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
