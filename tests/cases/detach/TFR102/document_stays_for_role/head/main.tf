resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = "deploy"
  policy = data.aws_iam_policy_document.deploy.json
}
