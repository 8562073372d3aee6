resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_iam_policy" "audit" {
  name = "audit"
}
