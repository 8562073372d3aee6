resource "aws_iam_group" "staff" {
  name = "staff"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "deploy" {
  name   = "deployment"
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_group_policy_attachment" "deploy" {
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.deploy.arn
}
