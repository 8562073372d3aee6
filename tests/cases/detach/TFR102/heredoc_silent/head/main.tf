resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_policy" "deployer" {
  name   = "deployer"
  user   = "alice"
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": ["*"]}
    }
  EOF
}
