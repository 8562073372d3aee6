resource "aws_iam_user" "alice" {
  name = "alice"
}

module "strong" {
  source = "./power"
  user   = aws_iam_user.alice.name
}

moved {
  from = module.power
  to   = module.strong
}
