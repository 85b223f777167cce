data "aws_region" "this" {}

locals {
  services = {
    shipment-service = {
      port   = 8080
      group  = "shipment"
      cpu    = 256
      memory = 512
      role   = null # it asks nothing of AWS
      environment = merge(var.oidc, {
        TRACKING_URL  = "http://tracking-service:8081"
        ALLOWED_HOSTS = var.host
      })
      secrets = {}
    }
    tracking-service = {
      port   = 8081
      group  = "tracking"
      cpu    = 512
      memory = 1024
      role   = var.role_arns["TrackingServiceRole"]
      environment = merge(var.oidc, {
        AWS_REGION               = data.aws_region.this.name
        TRACKING_ACCESS_ROLE_ARN = var.role_arns["TrackingAccessRole"]
        TRACKING_WRITE_ROLE_ARN  = var.role_arns["TrackingWriteRole"]
        TRACKING_TABLE           = var.stores.table
        DOCUMENTS_BUCKET         = var.stores.bucket
        OPENSEARCH_ENDPOINT      = var.stores.search_endpoint
        ISOLATION_CHECK          = "enforce"
        ALLOWED_HOSTS            = "tracking-service"
      })
      secrets = { CURSOR_KEY = aws_secretsmanager_secret.cursor_key.arn }
    }
  }
  running = var.release == null ? {} : local.services
  # As in docker-compose.yml: the memory that a task's process may take, and how much garbage Go lets gather below that.
  collector = { for name, service in local.services : name => { GOMEMLIMIT = "${floor(service.memory * 7 / 8)}MiB", GOGC = "400" } }
}

# Its value is put by hand, once: Terraform would keep it in its state. See the README.
resource "aws_secretsmanager_secret" "cursor_key" {
  name                    = "${var.name}/cursor-key"
  description             = "base64 of 32 random bytes: protects page cursors"
  recovery_window_in_days = var.force_destroy ? 0 : 7
  tags                    = var.tags
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = local.services
  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_days
  tags              = var.tags
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_service_discovery_http_namespace" "this" {
  name        = var.name
  description = "Shiptrack's services, by ECS Service Connect"
  tags        = var.tags
}
