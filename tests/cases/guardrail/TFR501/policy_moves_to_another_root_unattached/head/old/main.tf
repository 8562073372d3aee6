terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "old.tfstate"
  }
}

data "aws_caller_identity" "current" {}
