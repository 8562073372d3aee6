resource "aws_iam_policy" "read" {
  name = "read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "alice_read" {
  user       = module.alice.name
  policy_arn = aws_iam_policy.read.arn
}

module "alice" {
  source = "./user"
  name   = "alice"
}
