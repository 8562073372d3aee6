variable "bucket" {}

variable "iam_users" {
  default = []
}

resource "aws_iam_policy" "access" {
  name = "${var.bucket}-access"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.bucket}/*" }]
  })
}

resource "aws_iam_policy_attachment" "access" {
  name       = "access"
  users      = compact(var.iam_users)
  policy_arn = aws_iam_policy.access.arn
}
