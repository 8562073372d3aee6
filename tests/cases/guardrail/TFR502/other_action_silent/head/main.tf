resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_policy" "work" {
  name   = "work"
  user   = aws_iam_user.alice.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }] })
}
