terraform {
  backend "s3" {
    bucket = "example-states"
    key    = "audit.tfstate"
  }
}

variable "admins" { type = list(string) }
