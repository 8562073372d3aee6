variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = { Project = "baseline" }
}
