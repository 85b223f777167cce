output "role_arns" {
  description = "ARN of each role, by its name."
  value       = { for name, role in local.roles : name => role.arn }
}
