resource "aws_iam_user" "bob" {
  name = "bob"
}
resource "aws_iam_user_policy_attachment" "ro" {
  for_each = toset(["ReadOnlyAccess"])
  user       = aws_iam_user.bob.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
moved {
  from = aws_iam_user_policy_attachment.ro
  to   = aws_iam_user_policy_attachment.ro["ReadOnlyAccess"]
}
