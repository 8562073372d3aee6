resource "aws_iam_group" "staff" { name = "staff" }

resource "aws_iam_group_policy" "guard" {
  name  = "guard"
  group = aws_iam_group.staff.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      NotAction = ["iam:EnableMFADevice", "sts:GetSessionToken"]
      Resource  = "*"
      Condition = { BoolIfExists = { "aws:PrincipalTag/mfa" = "false" } }
    }]
  })
}
