data "aws_caller_identity" "this" {}

data "aws_route53_zone" "this" {
  name = var.domain
}

locals {
  bucket = "shiptrack-${data.aws_caller_identity.this.account_id}"
  host   = "api.${var.domain}"
  search = "shiptrack"
  oidc   = var.issuer == "cognito" ? merge(module.cognito[0].oidc, var.oidc) : merge({ OIDC_ISSUER = var.issuer, OIDC_AUDIENCE = "shiptrack" }, var.oidc)
}

module "isolation" {
  source        = "../modules/isolation"
  bucket        = local.bucket
  search_domain = local.search
}

module "network" {
  source = "../modules/network"
}

module "stores" {
  source              = "../modules/stores"
  bucket              = local.bucket
  tenants             = var.tenants
  deletion_protection = !var.removable
  force_destroy       = var.removable
  search = {
    name               = local.search
    subnet_ids         = module.network.private_subnet_ids
    security_group_ids = [module.network.security_group_ids["search"]]
  }
}

module "cognito" {
  source              = "../modules/cognito"
  count               = var.issuer == "cognito" ? 1 : 0
  callback_urls       = ["https://app.${var.domain}/signed-in"]
  deletion_protection = !var.removable
}

module "service" {
  source              = "../modules/service"
  host                = local.host
  zone_id             = data.aws_route53_zone.this.zone_id
  network             = module.network
  role_arns           = module.isolation.role_arns
  oidc                = local.oidc
  release             = var.release
  cpu_architecture    = var.cpu_architecture
  deletion_protection = !var.removable
  force_destroy       = var.removable
  stores = {
    table           = module.stores.table.name
    bucket          = module.stores.bucket.name
    search_endpoint = module.stores.search_endpoint
  }
}

module "audit" {
  source        = "../modules/audit"
  table_arn     = module.stores.table.arn
  bucket_arn    = module.stores.bucket.arn
  email         = var.alarm_email
  force_destroy = var.removable
}
