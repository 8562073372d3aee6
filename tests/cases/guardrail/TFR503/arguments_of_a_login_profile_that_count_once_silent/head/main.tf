resource "aws_iam_user" "amara" { name = "amara" }

resource "aws_iam_user_login_profile" "amara" {
  user                    = aws_iam_user.amara.name
  password_length         = 24
  password_reset_required = true

  lifecycle {
    ignore_changes = [password_length, password_reset_required]
  }
}
