variable "label" {
  type     = string
  nullable = false
  default  = "default"
}

locals {
  shout = upper(var.label)
}

resource "terraform_data" "leaf" {
  input = local.shout
}

output "label" { value = local.shout }
output "path" { value = path.module }
output "text" { value = trimspace(file("${path.module}/text.txt")) }
