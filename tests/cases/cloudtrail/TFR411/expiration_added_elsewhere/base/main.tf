variable "days" {
  default = 90
}

resource "aws_s3_bucket" "bucket" {
  bucket = "acme-logs"

  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::acme-logs/*"
    }
  ]
}
POLICY
}
