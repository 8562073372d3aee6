resource "aws_iam_policy" "read" {
  name = "read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }]
  })
}

resource "aws_iam_group" "staff" {
  name = "staff"
}

resource "aws_iam_group_policy_attachment" "staff_read" {
  group      = aws_iam_group.staff.name
  policy_arn = aws_iam_policy.read.arn
}

locals {
  people = yamldecode(file("${path.module}/users.yaml"))
}

resource "aws_iam_user" "people" {
  for_each = local.people
  name     = each.key
}

resource "aws_iam_user_group_membership" "people" {
  for_each = { for name, person in local.people : name => person.groups if length(person.groups) > 0 }
  user     = aws_iam_user.people[each.key].name
  groups   = each.value
}
