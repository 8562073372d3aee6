resource "aws_iam_group" "people" {
  name = "people"
}

resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_group_membership" "people" {
  name  = "people"
  group = aws_iam_group.people.name
  users = [aws_iam_user.alice.name]
}

resource "aws_iam_group_policy_attachment" "admin" {
  group      = aws_iam_group.people.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_group_policy_attachment" "guard" {
  group      = aws_iam_group.people.name
  policy_arn = aws_iam_policy.guard.arn
}

resource "aws_iam_policy" "guard" {
  name = "require-mfa"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutMfa"
        Effect    = "Deny"
        NotAction = ["iam:*", "sts:GetSessionToken"]
        Resource  = "*"
        Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
      },
    ]
  })
}
