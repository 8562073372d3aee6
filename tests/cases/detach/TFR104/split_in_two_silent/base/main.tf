resource "aws_iam_group" "staff" {
  name = "staff"
}

resource "aws_iam_group_policy" "work" {
  name  = "work"
  group = aws_iam_group.staff.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", NotAction = "iam:*", Resource = "*" },
      { Effect = "Allow", Action = ["iam:ListUsers"], Resource = "*" },
      { Effect = "Allow", Action = ["iam:ListMFADevices"], Resource = "*" },
    ]
  })
}
