without_mfa = ["iam:EnableMFADevice"]
