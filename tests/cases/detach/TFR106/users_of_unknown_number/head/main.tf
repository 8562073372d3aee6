variable "keys" {
  type = list(object({ environment = string, ssh_key = string }))
}

