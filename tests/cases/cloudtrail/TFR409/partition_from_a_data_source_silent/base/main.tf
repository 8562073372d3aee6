data "aws_partition" "current" {}

resource "aws_cloudtrail" "objects" {
  name           = "objects"
  s3_bucket_name = "example-trail"

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::example-records/"]
    }
  }
}
