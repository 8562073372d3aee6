removed {
  from = aws_cloudtrail.main

  lifecycle {
    destroy = false
  }
}
