data "aws_region" "this" {}

locals {
  search     = var.search[*] # none or one
  search_arn = [for s in local.search : "arn:aws:es:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:domain/${s.name}"]
}

# Who may search what stands in the roles' policies: infra/iam, TrackingAccessPolicyOpenSearch.
resource "aws_opensearch_domain" "shipments" {
  count          = length(local.search)
  domain_name    = local.search[count.index].name
  engine_version = "OpenSearch_2.19"
  tags           = var.tags

  cluster_config {
    instance_type          = local.search[count.index].instance_type
    instance_count         = local.search[count.index].instance_count
    zone_awareness_enabled = length(local.search[count.index].subnet_ids) > 1
    dynamic "zone_awareness_config" {
      for_each = length(local.search[count.index].subnet_ids) > 1 ? [length(local.search[count.index].subnet_ids)] : []
      content {
        availability_zone_count = zone_awareness_config.value
      }
    }
  }
  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = local.search[count.index].volume_gib
  }
  vpc_options {
    subnet_ids         = local.search[count.index].subnet_ids
    security_group_ids = local.search[count.index].security_group_ids
  }
  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }
  node_to_node_encryption {
    enabled = true
  }
  encrypt_at_rest {
    enabled = true
  }
  # IAM sees the path of a request. A body must not name an index that the path does not name.
  advanced_options = {
    "rest.action.multi.allow_explicit_index" = "false"
  }
  dynamic "advanced_security_options" {
    for_each = local.search[count.index].master_arn[*]
    content {
      enabled = true
      master_user_options {
        master_user_arn = advanced_security_options.value
      }
    }
  }
  # It allows nobody anything. It refuses other accounts, and callers without a signature.
  access_policies = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyOtherAccounts"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "es:*"
      Resource  = "${local.search_arn[count.index]}/*"
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.this.account_id } }
    }]
  })
  timeouts {
    create = "90m"
    update = "180m"
  }
}
