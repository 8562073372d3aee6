locals {
  users = { for row in csvdecode(file("${path.module}/users.csv")) : row.name => split(" ", row.policies) }
  pairs = merge([for name, arns in local.users : { for arn in arns : "${name} ${arn}" => { name = name, arn = arn } if arn != "" }]...)
}

resource "aws_iam_user" "all" {
  for_each = local.users
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "all" {
  for_each   = local.pairs
  user       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.arn}"

  depends_on = [aws_iam_user.all]
}
