# The account's password policy. Every argument is always sent: the API has no partial update, and resets what is
# left out (UpdateAccountPasswordPolicy). In particular AllowUsersToChangePassword would fall back to false.
resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = var.minimum_password_length
  require_uppercase_characters   = var.require_uppercase_characters
  require_lowercase_characters   = var.require_lowercase_characters
  require_numbers                = var.require_numbers
  require_symbols                = var.require_symbols
  max_password_age               = var.max_password_age
  password_reuse_prevention      = var.password_reuse_prevention
  allow_users_to_change_password = var.allow_users_to_change_password
  hard_expiry                    = var.hard_expiry

  lifecycle {
    # Without this resource the account has no password policy at all.
    prevent_destroy = true
  }
}
