without_mfa = ["iam:EnableMFADevice", "iam:*"]
