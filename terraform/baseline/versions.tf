terraform {
  # 1.9: a validation may look at other variables.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
      # aws: the region of the trail. aws.global: the region that holds the events of IAM, Organizations and sign-ins
      # (us-east-1; us-gov-west-1 and cn-north-1 in the other partitions).
      configuration_aliases = [aws.global]
    }
  }
}
