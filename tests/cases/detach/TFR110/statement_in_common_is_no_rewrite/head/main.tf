resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_policy" "pull_b" {
  name = "pull-b"
  user = aws_iam_user.alice.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      { Effect = "Allow", Action = "ecr:BatchGetImage", Resource = "arn:aws:ecr:us-east-1:123456789012:repository/b" },
    ]
  })
}
