resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_policy" "require_mfa" {
  name   = "require-mfa"
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": {
        "Sid": "DenyAllWithoutMfa",
        "Effect": "Deny",
        "NotAction": [
          "sts:GetSessionToken", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices"
        ],
        "Resource": ["*"],
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["false"]}}
      }
    }
  EOT
}

resource "aws_iam_user_policy_attachment" "alice_mfa" {
  user       = aws_iam_user.alice.name
  policy_arn = aws_iam_policy.require_mfa.arn
}
