variable "people" {
  type    = map(object({ groups = optional(list(string), ["everyone"]), admin = optional(bool, false) }))
  default = { alice = { admin = true }, bob = { groups = ["dev", "ops"] } }
}

module "team" {
  source   = "./modules/team"
  for_each = { red = 2, blue = 1 }
  name     = each.key
  size     = each.value
  people   = var.people
}

module "twice" {
  source = "./modules/leaf"
  count  = 2
  label  = "leaf-${count.index}"
}

module "off" {
  source = "./modules/leaf"
  count  = 0
  label  = "never"
}

output "teams" { value = { for k, t in module.team : k => t.members } }
output "labels" { value = module.twice[*].label }
output "first" { value = module.twice[0].label }
output "none" { value = length(module.off) }
output "paths" { value = [path.module, path.root, module.twice[1].path] }
output "file" { value = module.twice[0].text }
