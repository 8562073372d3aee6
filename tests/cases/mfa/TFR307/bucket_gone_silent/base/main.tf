resource "aws_s3_bucket" "logs" {
  bucket = "example-logs"

  versioning {
    enabled    = true
    mfa_delete = true
  }
}
