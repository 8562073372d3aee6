resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_policy" "work" {
  name   = "work"
  user   = aws_iam_user.alice.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }] })
}

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

resource "aws_iam_user_policy_attachment" "guard" {
  user       = aws_iam_user.alice.name
  policy_arn = aws_iam_policy.guard.arn
}
