resource "aws_iam_role" "app" {
  name               = "app"
  inline_policy {
    name   = "x"
    policy = data.aws_iam_policy_document.deploy.json
  }
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}
