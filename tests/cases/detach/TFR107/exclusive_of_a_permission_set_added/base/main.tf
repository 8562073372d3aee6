data "aws_ssoadmin_instances" "this" {}
resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = tolist(data.aws_ssoadmin_instances.this.arns)[0]
}
resource "aws_ssoadmin_managed_policy_attachment" "ro" {
  instance_arn       = aws_ssoadmin_permission_set.ops.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
  managed_policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_ssoadmin_permission_set_inline_policy" "ops" {
  instance_arn       = aws_ssoadmin_permission_set.ops.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
  inline_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "NoDetach", Effect = "Deny", Action = ["iam:DetachUserPolicy"], Resource = "*" },
    { Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }
  ] })
}
resource "aws_ssoadmin_permissions_boundary_attachment" "ops" {
  instance_arn       = aws_ssoadmin_permission_set.ops.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
  permissions_boundary {
    managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
  }
}
