output "url" {
  description = "URL of the public API."
  value       = "https://${var.host}"
}

output "repository_urls" {
  description = "Where the image of each service is pushed to."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "cursor_key_secret" {
  description = "Name of the secret whose value is put by hand: base64 of 32 random bytes."
  value       = aws_secretsmanager_secret.cursor_key.name
}

output "log_groups" {
  description = "Log group of each service."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}
