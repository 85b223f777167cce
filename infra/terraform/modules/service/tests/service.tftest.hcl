mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shiptrack/1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shiptrack/1" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn                       = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      domain_validation_options = [{ domain_name = "api.shiptrack.example", resource_record_name = "_1.api.shiptrack.example", resource_record_type = "CNAME", resource_record_value = "_2.acm-validations.aws" }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1" }
  }
  mock_resource "aws_service_discovery_http_namespace" {
    defaults = { arn = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-1" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/mocked:1" }
  }
}

variables {
  host    = "api.shiptrack.example"
  zone_id = "Z1"
  network = {
    vpc_id             = "vpc-1"
    public_subnet_ids  = ["subnet-1", "subnet-2"]
    private_subnet_ids = ["subnet-3", "subnet-4"]
    security_group_ids = { balancer = "sg-1", shipment = "sg-2", tracking = "sg-3" }
  }
  role_arns = {
    TrackingServiceRole = "arn:aws:iam::123456789012:role/TrackingServiceRole"
    TrackingAccessRole  = "arn:aws:iam::123456789012:role/TrackingAccessRole"
    TrackingWriteRole   = "arn:aws:iam::123456789012:role/TrackingWriteRole"
  }
  stores = { table = "TrackingData", bucket = "shiptrack-123456789012", search_endpoint = "https://search.example" }
  oidc   = { OIDC_ISSUER = "https://login.example/", OIDC_AUDIENCE = "shiptrack" }
}

run "no_tasks_run_before_there_are_images" {
  command = plan

  assert {
    condition     = length(aws_ecs_service.this) == 0 && length(aws_ecr_repository.this) == 2
    error_message = "without a release want repositories and no tasks"
  }
}

run "a_release_that_does_not_become_ready_is_taken_back" {
  command = apply
  variables {
    release = "1.0.0"
  }

  assert {
    condition     = alltrue([for s in aws_ecs_service.this : s.deployment_circuit_breaker[0].enable && s.deployment_circuit_breaker[0].rollback && s.wait_for_steady_state])
    error_message = "want the circuit breaker, and an apply that waits for it"
  }
  assert {
    condition = alltrue([
      for name, task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[0].healthCheck.command == ["CMD", "/${name}", "health"]
    ])
    error_message = "a task is healthy when /readyz is 200: after the isolation check"
  }
  assert {
    condition     = aws_lb_target_group.shipment.health_check[0].path == "/readyz"
    error_message = "the load balancer asks /readyz"
  }
}

run "only_the_tracking_service_has_a_role_and_it_enforces_isolation" {
  command = apply
  variables {
    release = "1.0.0"
  }

  assert {
    condition     = aws_ecs_task_definition.this["tracking-service"].task_role_arn == var.role_arns["TrackingServiceRole"] && aws_ecs_task_definition.this["shipment-service"].task_role_arn == null
    error_message = "shipment-service asks nothing of AWS"
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this["tracking-service"].container_definitions)[0].environment, { name = "ISOLATION_CHECK", value = "enforce" })
    error_message = "the isolation check must be enforced"
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this["shipment-service"].container_definitions)[0].environment, { name = "GOMEMLIMIT", value = "448MiB" })
    error_message = "a process may take what its task has, and is killed before it collects garbage"
  }
  assert {
    condition     = [for s in jsondecode(aws_ecs_task_definition.this["tracking-service"].container_definitions)[0].secrets : s.name] == ["CURSOR_KEY"]
    error_message = "the key of cursors comes from the secret"
  }
}

run "tasks_lie_in_private_subnets_without_public_addresses" {
  command = apply
  variables {
    release = "1.0.0"
  }

  assert {
    condition     = alltrue([for s in aws_ecs_service.this : toset(s.network_configuration[0].subnets) == toset(var.network.private_subnet_ids) && !s.network_configuration[0].assign_public_ip])
    error_message = "want private subnets"
  }
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.http.default_action[0].type == "redirect"
    error_message = "plain HTTP only redirects"
  }
}

run "bad_input_is_refused" {
  command = plan
  variables {
    host             = "https://api.shiptrack.example/"
    release          = "v1:latest"
    tasks            = { min = 3, max = 2 }
    cpu_architecture = "arm"
    oidc             = { OIDC_ISSUER = "http://login.example", OIDC_AUDIENCE = "shiptrack" }
    role_arns        = { TrackingServiceRole = "arn:aws:iam::123456789012:role/TrackingServiceRole", TrackingAccessRole = "", TrackingSeedRole = "" }
  }
  expect_failures = [var.host, var.release, var.tasks, var.cpu_architecture, var.oidc, var.role_arns]
}

run "settings_that_no_service_reads_are_refused" {
  command = plan
  variables {
    oidc = { OIDC_ISSUER = "https://login.example/", OIDC_AUDIENCE = "shiptrack", ISOLATION_CHECK = "report" }
  }
  expect_failures = [var.oidc]
}
