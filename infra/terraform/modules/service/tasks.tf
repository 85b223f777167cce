resource "aws_ecs_task_definition" "this" {
  for_each                 = local.running
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = each.value.role
  tags                     = var.tags

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = "${aws_ecr_repository.this[each.key].repository_url}:${var.release}"
    essential              = true
    readonlyRootFilesystem = true
    user                   = "65532:65532"
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    portMappings           = [{ name = "http", containerPort = each.value.port, protocol = "tcp", appProtocol = "http" }]
    environment            = [for name, value in merge(local.collector[each.key], each.value.environment) : { name = name, value = value }]
    secrets                = [for name in sort(keys(each.value.secrets)) : { name = name, valueFrom = each.value.secrets[name] }]
    # It asks /readyz, which waits for the isolation check: a release with which isolation does not hold never becomes healthy.
    healthCheck = {
      command     = ["CMD", "/${each.key}", "health"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
    stopTimeout = 30
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this[each.key].name
        awslogs-region        = data.aws_region.this.name
        awslogs-stream-prefix = "task"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  for_each              = local.running
  name                  = each.key
  cluster               = aws_ecs_cluster.this.id
  task_definition       = aws_ecs_task_definition.this[each.key].arn
  desired_count         = var.tasks.min
  launch_type           = "FARGATE"
  propagate_tags        = "SERVICE"
  wait_for_steady_state = true # an apply fails where the tasks do not become healthy
  tags                  = var.tags

  # Old tasks stay until new ones are healthy. Where they do not become so, ECS goes back to the release before.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.network.private_subnet_ids
    security_groups  = [var.network.security_group_ids[each.value.group]]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = each.key == "shipment-service" ? [aws_lb_target_group.shipment.arn] : []
    content {
      target_group_arn = load_balancer.value
      container_name   = each.key
      container_port   = each.value.port
    }
  }

  # shipment-service finds tracking-service by this name.
  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.this.arn
    dynamic "service" {
      for_each = each.key == "tracking-service" ? [each.value.port] : []
      content {
        port_name      = "http"
        discovery_name = each.key
        client_alias {
          dns_name = each.key
          port     = service.value
        }
        # A document may take longer than a request; the services bound both.
        timeout {
          per_request_timeout_seconds = 0
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [desired_count] # which autoscaling moves
  }
  depends_on = [aws_lb_listener.https, aws_iam_role_policy.execution]
}
