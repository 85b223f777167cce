mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

run "only_the_balancer_is_open_to_the_internet" {
  command = plan

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.internet : rule.from_port]) == toset([80, 443])
    error_message = "want 80 and 443 alone"
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.between : rule.cidr_ipv4 == null])
    error_message = "every other rule names a group"
  }
  assert {
    condition     = length(aws_subnet.private) == 2 && length(aws_nat_gateway.this) == 1
    error_message = "want two zones and one NAT gateway"
  }
}

run "a_nat_gateway_in_each_zone" {
  command = plan
  variables {
    zones        = 3
    nat_per_zone = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "want three"
  }
}

run "ranges_that_are_too_small_are_refused" {
  command = plan
  variables {
    cidr  = "10.0.0.0/24"
    zones = 1
  }
  expect_failures = [var.cidr, var.zones]
}
