resource "aws_cognito_user_pool" "people" {
  name              = "people"
  mfa_configuration = "ON"

  sms_configuration {
    external_id    = "x"
    sns_caller_arn = "arn:aws:iam::123456789012:role/sms"
  }
}
