output "expire_passwords" {
  description = "True when passwords expire."
  value       = aws_iam_account_password_policy.this.expire_passwords
}

output "hard_expiry" {
  description = "True when an expired password can only be reset by an administrator."
  value       = aws_iam_account_password_policy.this.hard_expiry
}

output "settings" {
  description = "The whole policy, as it was sent."
  value = {
    minimum_password_length        = aws_iam_account_password_policy.this.minimum_password_length
    require_uppercase_characters   = aws_iam_account_password_policy.this.require_uppercase_characters
    require_lowercase_characters   = aws_iam_account_password_policy.this.require_lowercase_characters
    require_numbers                = aws_iam_account_password_policy.this.require_numbers
    require_symbols                = aws_iam_account_password_policy.this.require_symbols
    max_password_age               = aws_iam_account_password_policy.this.max_password_age
    password_reuse_prevention      = aws_iam_account_password_policy.this.password_reuse_prevention
    allow_users_to_change_password = aws_iam_account_password_policy.this.allow_users_to_change_password
  }
}
