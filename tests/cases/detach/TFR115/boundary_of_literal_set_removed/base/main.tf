resource "aws_ssoadmin_permissions_boundary_attachment" "limit" {
  instance_arn       = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
  permission_set_arn = "arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef"
  permissions_boundary {
    customer_managed_policy_reference {
      name = "boundary"
      path = "/"
    }
  }
}
