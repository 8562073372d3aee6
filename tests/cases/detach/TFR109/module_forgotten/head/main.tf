resource "aws_iam_user" "alice" {
  name = "alice"
}

removed {
  from = module.power

  lifecycle {
    destroy = false
  }
}
