resource "aws_iam_group" "staff" {
  name = "staff"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}

resource "aws_iam_group_policy" "deploy" {
  name   = "deploy"
  group  = aws_iam_group.staff.name
  policy = data.aws_iam_policy_document.deploy.json
}
