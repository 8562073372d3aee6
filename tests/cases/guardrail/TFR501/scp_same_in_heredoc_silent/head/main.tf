resource "aws_organizations_policy" "guard" {
  name    = "guard"
  content = <<-EOF
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}}
  EOF
}

resource "aws_organizations_policy_attachment" "guard" {
  policy_id = aws_organizations_policy.guard.id
  target_id = "ou-abcd-12345678"
}
