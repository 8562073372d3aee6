resource "aws_iam_user" "alice" {
  name = "alice"
}

module "power" {
  source = "./power"
  user   = aws_iam_user.alice.name
}

moved {
  from = aws_iam_user_policy_attachment.power
  to   = aws_iam_user_policy_attachment.super
}

moved {
  from = aws_iam_user_policy_attachment.super
  to   = module.power.aws_iam_user_policy_attachment.this
}
