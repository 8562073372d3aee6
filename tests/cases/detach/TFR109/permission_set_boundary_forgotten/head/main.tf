resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
}

removed {
  from = aws_ssoadmin_permissions_boundary_attachment.limit
  lifecycle {
    destroy = false
  }
}
