terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "new.tfstate"
  }
}

data "aws_caller_identity" "current" {}
