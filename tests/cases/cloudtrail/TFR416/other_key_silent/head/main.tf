
resource "aws_kms_key" "data" {
  description             = "data"
  enable_key_rotation     = false
  deletion_window_in_days = 7
}
