data "aws_region" "this" {}

locals {
  # What a task asks of AWS: its image, its logs, its secret, and sessions.
  interfaces = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts"]
  gateways   = ["dynamodb", "s3"] # they cost nothing
}

resource "aws_vpc_endpoint" "gateway" {
  for_each          = toset(local.gateways)
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.this.name}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(local.interfaces)
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.this.name}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.this["endpoints"].id]
  private_dns_enabled = true
  tags                = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
