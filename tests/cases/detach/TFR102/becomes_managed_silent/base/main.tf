resource "aws_iam_user" "alice" {
  name = "alice"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}

resource "aws_iam_user_policy" "deploy" {
  name   = "deploy"
  user   = aws_iam_user.alice.name
  policy = data.aws_iam_policy_document.deploy.json
}
