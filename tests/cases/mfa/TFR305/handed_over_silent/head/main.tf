resource "aws_iam_user" "alice" {
  name = "alice"
}
removed {
  from = aws_iam_virtual_mfa_device.alice

  lifecycle {
    destroy = false
  }
}
