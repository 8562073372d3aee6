output "trail_arn" {
  description = "ARN of the trail."
  value       = module.baseline.trail_arn
}

output "guard_policy_json" {
  description = "The guard."
  value       = module.baseline.guard_policy_json
}
