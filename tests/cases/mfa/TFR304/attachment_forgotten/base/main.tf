resource "aws_iam_user" "bob" { name = "bob" }
data "aws_iam_policy_document" "mfa" {
  statement {
    sid = "DenyAllWithoutMfa"
    effect = "Deny"
    not_actions = ["iam:ListMFADevices", "sts:GetSessionToken"]
    resources = ["*"]
    condition {
      test = "BoolIfExists"
      variable = "aws:MultiFactorAuthPresent"
      values = ["false"]
    }
  }
}
resource "aws_iam_policy" "mfa" {
  name = "mfa"
  policy = data.aws_iam_policy_document.mfa.json
}
resource "aws_iam_user_policy_attachment" "bob" {
  user = aws_iam_user.bob.name
  policy_arn = aws_iam_policy.mfa.arn
}
