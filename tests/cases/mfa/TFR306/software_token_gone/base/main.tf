resource "aws_cognito_user_pool" "people" {
  name              = "people"
  mfa_configuration = "ON"

  software_token_mfa_configuration {
    enabled = true
  }
}
