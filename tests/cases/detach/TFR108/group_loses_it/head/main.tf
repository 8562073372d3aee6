resource "aws_iam_group" "staff" {
  name = "staff"
}
