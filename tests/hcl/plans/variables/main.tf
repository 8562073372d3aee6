variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" { default = "default" }
variable "n" { type = number }
variable "s" {
  type    = set(string)
  default = ["z", "a", "z"]
}
variable "o" {
  type = object({
    name   = string
    nested = optional(object({ x = optional(number, 5), y = optional(string) }), {})
    list   = optional(list(object({ k = string, v = optional(string, "dv") })), [])
  })
}
variable "t" {
  type    = tuple([string, number])
  default = [1, "2"]
}
variable "m" {
  type    = map(number)
  default = { a = "1" }
}
variable "any" {
  type    = list(any)
  default = [1, "a"]
}

output "plain" { value = [var.a, var.b, var.c, var.n] }
output "set" { value = var.s }
output "object" { value = var.o }
output "tuple" { value = var.t }
output "map" { value = var.m }
output "any" { value = var.any }
output "local" { value = local.l }

locals {
  l = "${var.a}/${local.k}"
}
