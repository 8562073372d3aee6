variable "people" { type = map(any) }

variable "robots" { type = map(any) }

resource "aws_iam_policy" "require_mfa" {
  name = "require-mfa"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      NotAction = ["iam:EnableMFADevice", "sts:GetSessionToken"]
      Resource  = "*"
      Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
    }]
  })
}

resource "aws_iam_user" "person" {
  for_each = var.people
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "require_mfa" {
  for_each   = var.people
  user       = each.key
  policy_arn = aws_iam_policy.require_mfa.arn
}
