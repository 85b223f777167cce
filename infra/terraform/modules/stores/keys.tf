data "aws_caller_identity" "this" {}

locals {
  # The tracking service checks isolation with two tenants of its own. A dot keeps their ids apart from all others.
  reserved = ["check.a", "check.b"]
}

resource "aws_kms_key" "tenant" {
  for_each                = setunion(var.tenants, local.reserved)
  description             = "Shiptrack: documents of one tenant, which the tag names"
  deletion_window_in_days = var.key_deletion_days
  enable_key_rotation     = true
  tags                    = merge(var.tags, { TenantID = each.key })

  # What KMS gives a key without a policy: IAM decides. It is spelled so that a change by hand is a difference in the next plan.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Enable IAM User Permissions"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# As pkg/keyalias names it: KMS tells anybody whether an alias exists, so it must not spell the tenant.
resource "aws_kms_alias" "tenant" {
  for_each      = setunion(var.tenants, local.reserved) # not the keys: an import has to know these before the keys are there
  name          = "alias/shiptrack-${substr(sha256(each.key), 0, 32)}"
  target_key_id = aws_kms_key.tenant[each.key].id
}
