resource "aws_s3_bucket" "site" {
  bucket = "site.example.com"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:*", Resource = "arn:aws:s3:::site.example.com/*" }]
  })
}

resource "aws_s3_bucket" "other" {
  bucket = "other.example.com"
}
