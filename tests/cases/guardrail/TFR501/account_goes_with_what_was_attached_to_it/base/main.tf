resource "aws_organizations_account" "shop" {
  name  = "shop"
  email = "shop@example.com"
}

resource "aws_organizations_policy" "trail" {
  name = "trail"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], Resource = "*" }]
  })
}

resource "aws_organizations_policy_attachment" "shop" {
  policy_id = aws_organizations_policy.trail.id
  target_id = aws_organizations_account.shop.id
}
