resource "aws_s3_bucket" "data" {
  bucket = "data"

  versioning {
    enabled = true
  }
}
