data "aws_ssoadmin_permission_set" "ops" {
  instance_arn = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
  name         = "ops"
}
