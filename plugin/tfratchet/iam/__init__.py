"""IAM: policy documents, entitlements, decisions."""
