variable "minimum_password_length" {
  description = "Least number of characters of a password. CIS AWS Foundations 5.0, 1.7: at least 14."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.minimum_password_length >= 14 || var.allow_weaker
    error_message = "minimum_password_length must be at least 14 (CIS AWS Foundations 5.0, 1.7). Set allow_weaker = true to accept less."
  }

  validation {
    condition     = var.minimum_password_length >= 6 && var.minimum_password_length <= 128
    error_message = "minimum_password_length must be between 6 and 128 (limits of the IAM API)."
  }
}

variable "require_uppercase_characters" {
  description = "A password needs an uppercase letter."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.require_uppercase_characters || var.allow_weaker
    error_message = "require_uppercase_characters must be true. Set allow_weaker = true to accept less."
  }
}

variable "require_lowercase_characters" {
  description = "A password needs a lowercase letter."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.require_lowercase_characters || var.allow_weaker
    error_message = "require_lowercase_characters must be true. Set allow_weaker = true to accept less."
  }
}

variable "require_numbers" {
  description = "A password needs a digit."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.require_numbers || var.allow_weaker
    error_message = "require_numbers must be true. Set allow_weaker = true to accept less."
  }
}

variable "require_symbols" {
  description = "A password needs a symbol."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.require_symbols || var.allow_weaker
    error_message = "require_symbols must be true. Set allow_weaker = true to accept less."
  }
}

variable "max_password_age" {
  description = "Days after which a password must be changed; 0 means never. Checkov CKV_AWS_9: at most 90."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = (var.max_password_age >= 1 && var.max_password_age <= 90) || var.allow_weaker
    error_message = "max_password_age must be between 1 and 90. Set allow_weaker = true to accept a higher age, or 0 for never."
  }

  validation {
    condition     = var.max_password_age >= 0 && var.max_password_age <= 1095
    error_message = "max_password_age must be between 0 and 1095 (limits of the IAM API)."
  }
}

variable "password_reuse_prevention" {
  description = "How many earlier passwords may not be used again. CIS AWS Foundations 5.0, 1.8: 24, which is the most that the API takes."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.password_reuse_prevention >= 24 || var.allow_weaker
    error_message = "password_reuse_prevention must be 24 (CIS AWS Foundations 5.0, 1.8). Set allow_weaker = true to accept less."
  }

  validation {
    condition     = var.password_reuse_prevention >= 0 && var.password_reuse_prevention <= 24
    error_message = "password_reuse_prevention must be between 0 and 24 (limits of the IAM API)."
  }
}

variable "allow_users_to_change_password" {
  description = "Users may change their own password. Without it a leaked password stays until an administrator acts."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.allow_users_to_change_password || var.allow_weaker
    error_message = "allow_users_to_change_password must be true. Set allow_weaker = true to accept less."
  }
}

variable "hard_expiry" {
  description = "An expired password can only be reset by an administrator. Locks out whoever is late, and everybody where the MFA policy refuses the first password change (see the README)."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.hard_expiry || var.max_password_age > 0
    error_message = "hard_expiry needs a max_password_age: passwords that never expire cannot expire hard."
  }
}

variable "allow_weaker" {
  description = "Accept values below the floors. Say it aloud, and say in a comment beside it why."
  type        = bool
  default     = false
  nullable    = false
}
