resource "aws_iam_group" "admins" { name = "admins" }

resource "aws_iam_group_policy" "admin_with_mfa" {
  name  = "admin-with-mfa"
  group = aws_iam_group.admins.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "*"
      Resource  = "*"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_iam_group_policy" "uploads" {
  name  = "uploads"
  group = aws_iam_group.admins.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:*"
      Resource = ["arn:aws:s3:::team-uploads/*", "arn:aws:s3:::team-uploads", "arn:aws:s3:::team-cloudtrail/*", "arn:aws:s3:::team-cloudtrail"]
    }]
  })
}
