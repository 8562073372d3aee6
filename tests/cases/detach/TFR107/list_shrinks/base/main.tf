resource "aws_iam_policy_attachment" "read_only" {
  name       = "read-only"
  users      = ["alice", "bob"]
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
