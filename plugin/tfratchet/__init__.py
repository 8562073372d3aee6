"""tfratchet: says what a Terraform change takes away from an AWS account's security baseline."""

__version__ = "0.1.0"
