resource "aws_iam_user" "alice" {
  name = "alice"
}

variable "buckets" {
  default = "a,b"
}

resource "aws_iam_policy" "buckets" {
  name = "bucket_access"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = formatlist("arn:aws:s3:::%s/*", split(",", var.buckets)) }]
  })
}

resource "aws_iam_user_policy_attachment" "s3" {
  user       = aws_iam_user.alice.name
  policy_arn = aws_iam_policy.buckets.arn
}
