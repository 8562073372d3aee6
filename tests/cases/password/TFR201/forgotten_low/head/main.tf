removed {
  from = aws_iam_account_password_policy.strict

  lifecycle {
    destroy = false
  }
}
