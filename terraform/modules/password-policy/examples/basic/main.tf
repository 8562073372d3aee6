terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

module "password_policy" {
  source = "../.."

  minimum_password_length = 16
}

output "settings" {
  description = "The policy as it was applied."
  value       = module.password_policy.settings
}
