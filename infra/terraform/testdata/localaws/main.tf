# What the tests apply on a localaws: the modules that decide isolation, and the stores without a domain of OpenSearch Service.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" { type = string }
variable "tenants" {
  type    = set(string)
  default = ["yellow", "blue"]
}
variable "team" {
  type    = string
  default = "freight"
}
variable "default_tags" {
  type    = map(string)
  default = {}
}
variable "account_id" {
  type    = string
  default = "000000000000"
}
variable "deletion_protection" {
  type    = bool
  default = true
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "test"
  secret_key              = "test"
  allowed_account_ids     = [var.account_id]
  skip_metadata_api_check = true
  s3_use_path_style       = true
  default_tags {
    tags = var.default_tags
  }
  endpoints {
    dynamodb = var.endpoint
    iam      = var.endpoint
    kms      = var.endpoint
    s3       = var.endpoint
    sts      = var.endpoint
  }
}

locals {
  bucket = "shiptrack-${var.account_id}"
  tags   = { Team = var.team }
}

module "isolation" {
  source        = "../../modules/isolation"
  bucket        = local.bucket
  search_domain = "test"
  tags          = local.tags
}

module "stores" {
  source              = "../../modules/stores"
  bucket              = local.bucket
  tenants             = var.tenants
  deletion_protection = var.deletion_protection
  force_destroy       = true
  noncurrent_days     = null  # localaws has no lifecycle rules
  tls_only            = false # localaws serves without TLS, on loopback
  tags                = local.tags
}

# What the tracking service is started with.
output "environment" {
  value = {
    TRACKING_ACCESS_ROLE_ARN = module.isolation.role_arns["TrackingAccessRole"]
    TRACKING_WRITE_ROLE_ARN  = module.isolation.role_arns["TrackingWriteRole"]
    TRACKING_TABLE           = module.stores.table.name
    DOCUMENTS_BUCKET         = module.stores.bucket.name
  }
}
