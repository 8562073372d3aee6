resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_policy" "alice" {
  name = "alice"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Deny"
      Action   = ["iam:DetachUserPolicy", "iam:DeleteUserPolicy"]
      Resource = "*"
    }]
  })
}
