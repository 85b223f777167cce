locals {
  groups = {
    balancer  = "the load balancer: 443 from the internet"
    shipment  = "shipment-service: from the load balancer alone"
    tracking  = "tracking-service: from shipment-service alone"
    search    = "OpenSearch: from tracking-service alone"
    endpoints = "interface endpoints: from the services"
  }
  # Who may open a connection to whom, on which port.
  connections = {
    balancer-shipment  = { from = "balancer", to = "shipment", port = 8080 }
    shipment-tracking  = { from = "shipment", to = "tracking", port = 8081 }
    tracking-search    = { from = "tracking", to = "search", port = 443 }
    shipment-endpoints = { from = "shipment", to = "endpoints", port = 443 }
    tracking-endpoints = { from = "tracking", to = "endpoints", port = 443 }
  }
}

resource "aws_security_group" "this" {
  for_each    = local.groups
  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each                     = local.connections
  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "between" {
  for_each                     = local.connections
  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "internet" {
  for_each          = { https = 443, http = 80 } # 80 redirects
  security_group_id = aws_security_group.this["balancer"].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  tags              = var.tags
}

# The issuer's keys, and the gateway endpoints: their addresses are public ones.
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = toset(["shipment", "tracking"])
  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}
