data "aws_iam_policy_document" "guard" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}


resource "aws_ssoadmin_permission_set_inline_policy" "guard" {
  instance_arn       = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"
  inline_policy      = data.aws_iam_policy_document.guard.json
  permission_set_arn = "arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef"
}
