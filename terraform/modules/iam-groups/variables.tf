variable "groups" {
  description = "Groups by name. `policies` maps a name of your choice, known before apply, to the ARN of a managed policy."
  type = map(object({
    path     = optional(string, "/")
    policies = map(string)
  }))
  nullable = false

  validation {
    condition     = length(var.groups) > 0
    error_message = "groups must not be empty: users get policies only through groups."
  }

  validation {
    condition     = alltrue([for group in var.groups : length(group.policies) > 0])
    error_message = "Each group needs at least one policy. A group without one gives its members nothing and guards nothing."
  }

  validation {
    condition     = alltrue([for group in var.groups : length(group.policies) <= 10])
    error_message = "A group can hold 10 managed policies (default quota of IAM)."
  }
}

variable "members" {
  description = "Names of the groups (keys of `groups`) by user name. Users themselves are created elsewhere."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for groups in values(var.members) : length(groups) > 0])
    error_message = "Each user in members needs at least one group. An empty list would take the user out of all groups."
  }

  validation {
    condition     = alltrue(flatten([for groups in values(var.members) : [for group in groups : contains(keys(var.groups), group)]]))
    error_message = "members names a group that is not in groups."
  }
}
