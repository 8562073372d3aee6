"""The live AWS account, by boto3."""
