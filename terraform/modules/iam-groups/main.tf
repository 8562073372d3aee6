locals {
  # One attachment for each pair of group and policy. The key is made of names that are known before apply, never of
  # ARNs or positions in a list: a policy that leaves the middle does not move the others (provider #3420).
  attachments = merge([
    for group, settings in var.groups : {
      for name, arn in settings.policies : "${group}/${name}" => { group = group, arn = arn }
    }
  ]...)
}

resource "aws_iam_group" "this" {
  for_each = var.groups

  name = each.key
  path = each.value.path
}

# Single attachments, never aws_iam_policy_attachment and never an *_exclusive resource: those detach what they do not
# list, in the whole account.
resource "aws_iam_group_policy_attachment" "this" {
  for_each = local.attachments

  group      = aws_iam_group.this[each.value.group].name
  policy_arn = each.value.arn
}

# One resource for each user. It adds the user to these groups and leaves memberships made elsewhere alone.
resource "aws_iam_user_group_membership" "this" {
  for_each = var.members

  user   = each.key
  groups = [for group in each.value : aws_iam_group.this[group].name]
}
