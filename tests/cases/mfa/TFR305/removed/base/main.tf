resource "aws_iam_user" "alice" {
  name = "alice"
}
resource "aws_iam_virtual_mfa_device" "alice" {
  virtual_mfa_device_name = "alice"
}
