variable "name" { type = string }
variable "size" { type = number }
variable "people" { type = any }

module "leaf" {
  source   = "../leaf"
  for_each = toset([for i in range(var.size) : tostring(i)])
  label    = "${var.name}-${each.key}"
}

resource "terraform_data" "member" {
  for_each = var.people
  input    = { user = each.key, groups = each.value.groups, team = var.name, admin = each.value.admin }
}

output "members" {
  value = sort(flatten([for m in terraform_data.member : [for g in m.input.groups : "${m.input.user}:${g}"]]))
}
