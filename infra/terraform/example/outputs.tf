output "url" {
  description = "URL of the public API."
  value       = module.service.url
}

output "repository_urls" {
  description = "Where the image of each service is pushed to."
  value       = module.service.repository_urls
}

output "cursor_key_secret" {
  description = "Name of the secret that is put by hand before the first release."
  value       = module.service.cursor_key_secret
}

output "search_endpoint" {
  description = "URL of the domain of OpenSearch Service, reachable in the VPC alone."
  value       = module.stores.search_endpoint
}

output "cloudshell" {
  description = "VPC, subnet and security group for a CloudShell that may reach the search domain."
  value = {
    vpc_id            = module.network.vpc_id
    subnet_id         = module.network.private_subnet_ids[0]
    security_group_id = module.network.security_group_ids["tracking"]
  }
}

output "user_pool_id" {
  description = "Id of the user pool. Null with an issuer of your own."
  value       = one(module.cognito[*].user_pool_id)
}

output "alarm_topic_arn" {
  description = "ARN of the topic of the alarm."
  value       = module.audit.topic_arn
}
