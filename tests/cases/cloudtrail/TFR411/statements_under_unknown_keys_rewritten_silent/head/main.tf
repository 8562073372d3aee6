locals {
  buckets = {
    (aws_s3_bucket.trail.id) = { arn = aws_s3_bucket.trail.arn, service = "cloudtrail.amazonaws.com" }
  }

  statements = { for id, bucket in local.buckets : id => concat(
    [{
      Sid       = "Write"
      Effect    = "Allow"
      Principal = { Service = bucket.service }
      Action    = "s3:PutObject"
      Resource  = "${bucket.arn}/*"
    }],
    [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [bucket.arn, "${bucket.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }],
  ) }
}

resource "aws_s3_bucket" "trail" {
  bucket_prefix = "trail-"
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for s in local.statements[aws_s3_bucket.trail.id] : s]
  })
}

resource "aws_cloudtrail" "main" {
  name                  = "main"
  s3_bucket_name        = aws_s3_bucket.trail.id
  is_multi_region_trail = true
}
