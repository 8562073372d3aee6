resource "aws_organizations_policy" "baseline" {
  name = "baseline"
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "NobodyLeaves"
        Effect   = "Deny"
        Action   = "organizations:LeaveOrganization"
        Resource = "*"
      },
    ]
  })
}

resource "aws_organizations_policy_attachment" "baseline" {
  policy_id = aws_organizations_policy.baseline.id
  target_id = "ou-abcd-12345678"
}
