variable "account_id" { type = string }

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_iam_user" "deployer" { name = "deployer" }

resource "aws_iam_policy" "limits" {
  name = "limits"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Deny"
        Action   = "iam:*"
        Resource = "arn:aws:iam::${var.account_id}:role/break-glass"
      },
      {
        Effect   = "Deny"
        Action   = "logs:*"
        Resource = "arn:aws:logs:${data.aws_region.current.name}:${var.account_id}:*"
      },
    ]
  })
}

resource "aws_iam_user_policy_attachment" "limits" {
  user       = aws_iam_user.deployer.name
  policy_arn = aws_iam_policy.limits.arn
}
