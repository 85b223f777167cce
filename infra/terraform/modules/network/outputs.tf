output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer, one in each zone."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "Subnets of all else, one in each zone."
  value       = aws_subnet.private[*].id
}

output "security_group_ids" {
  description = "Security groups: balancer, shipment, tracking, search, endpoints."
  value       = { for name, group in aws_security_group.this : name => group.id }
}
