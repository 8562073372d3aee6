resource "aws_iam_policy" "guard" {
  name = "detach-guard"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "DenyTampering"
      Effect   = "Deny"
      Action   = ["iam:DetachUserPolicy", "iam:DeleteUserPolicy", "cloudtrail:StopLogging"]
      Resource = "*"
    }]
  })
}
