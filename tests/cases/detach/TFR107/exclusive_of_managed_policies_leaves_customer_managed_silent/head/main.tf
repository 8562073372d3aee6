variable "instance_arn" {
  type = string
}

resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = var.instance_arn
}

resource "aws_ssoadmin_managed_policy_attachments_exclusive" "aws" {
  instance_arn        = var.instance_arn
  permission_set_arn  = aws_ssoadmin_permission_set.ops.arn
  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AWSSupportAccess"]
}

resource "aws_ssoadmin_customer_managed_policy_attachment" "guard" {
  instance_arn       = var.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn

  customer_managed_policy_reference {
    name = "guard"
  }
}
