output "table" {
  description = "Name and ARN of the table."
  value       = { name = aws_dynamodb_table.tracking.name, arn = aws_dynamodb_table.tracking.arn }
}

output "bucket" {
  description = "Name and ARN of the bucket."
  value       = { name = aws_s3_bucket.documents.id, arn = aws_s3_bucket.documents.arn }
}

output "key_arns" {
  description = "ARN of each tenant's KMS key, and of the two of the isolation check, by the tenant's id."
  value       = { for id, key in aws_kms_key.tenant : id => key.arn }
}

output "search_endpoint" {
  description = "URL of the domain of OpenSearch Service. Null where there is none."
  value       = one([for d in aws_opensearch_domain.shipments : "https://${d.endpoint}"])
}
