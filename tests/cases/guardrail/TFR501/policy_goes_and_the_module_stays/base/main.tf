resource "aws_iam_policy" "builder" {
  name = "builder"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ec2:*", Resource = "*" },
      { Effect = "Deny", Action = "ec2:RunInstances", Resource = "*", Condition = { StringNotEquals = { "ec2:InstanceType" = "t3.micro" } } },
    ]
  })
}

module "role_builder" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-assumable-role"
  version = "~> 5.0"

  role_name               = "builder"
  create_role             = true
  custom_role_policy_arns = [aws_iam_policy.builder.arn]
}
