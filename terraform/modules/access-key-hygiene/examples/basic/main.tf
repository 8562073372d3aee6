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

resource "aws_iam_group" "developers" {
  name = "developers"
}

resource "aws_iam_group" "programs" {
  name = "programs"
}

# People: a key starts a session with MFA, and does nothing else.
module "people" {
  source = "../.."

  name                   = "example-people"
  group_names            = [aws_iam_group.developers.name]
  revoke_sessions_before = "2026-01-31T00:00:00Z"

  create_config_rules  = true
  audit_principal_arns = ["arn:aws:iam::111122223333:role/scheduler"]

  tags = { Project = "baseline" }
}

# Programs that know nothing of sessions: their keys end at a day.
module "programs" {
  source = "../.."

  name                 = "example-programs"
  group_names          = [aws_iam_group.programs.name]
  deny_long_lived_keys = false

  rotation_deadlines = {
    "2027-01-31T00:00:00Z" = ["backup", "metrics"]
    "2027-02-28T00:00:00Z" = ["mailer"]
  }

  tags = { Project = "baseline" }
}

output "people_policy_json" {
  description = "The policy for people."
  value       = module.people.policy_json
}

output "programs_policy_json" {
  description = "The policy for programs."
  value       = module.programs.policy_json
}
