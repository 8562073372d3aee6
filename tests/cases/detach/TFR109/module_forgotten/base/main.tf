resource "aws_iam_user" "alice" {
  name = "alice"
}

module "power" {
  source = "./power"
  user   = aws_iam_user.alice.name
}
