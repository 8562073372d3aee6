terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "old.tfstate"
  }
}

data "aws_caller_identity" "current" {}

resource "aws_organizations_policy" "keep" {
  name = "keep"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = ["cloudtrail:StopLogging", "organizations:LeaveOrganization"], Resource = "*" }]
  })
}
