resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_policy" "read" {
  name = "read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }]
  })
}

resource "aws_iam_policy_attachment" "read" {
  name       = "read"
  roles      = ["app"]
  policy_arn = aws_iam_policy.read.arn
}
