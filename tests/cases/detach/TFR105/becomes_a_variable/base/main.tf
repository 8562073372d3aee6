data "aws_caller_identity" "current" {}

resource "aws_iam_policy" "limit" {
  name = "limit"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_iam_user" "ci" {
  name                 = "ci"
  permissions_boundary = aws_iam_policy.limit.arn
}
