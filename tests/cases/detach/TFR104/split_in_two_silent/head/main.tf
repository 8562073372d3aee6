resource "aws_iam_group" "staff" {
  name = "staff"
}

resource "aws_iam_policy" "work" {
  name = "work"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", NotAction = ["iam:*", "organizations:*"], Resource = "*" }]
  })
}

resource "aws_iam_policy" "look" {
  name = "look"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:ListUsers", "iam:ListRoles"], Resource = "*" },
      { Effect = "Allow", Action = "iam:ListMFADevices", Resource = "*" },
    ]
  })
}

resource "aws_iam_group_policy_attachment" "work" {
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.work.arn
}

resource "aws_iam_group_policy_attachment" "look" {
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.look.arn
}
