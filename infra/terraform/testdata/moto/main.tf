# What the test applies on moto: the example without what moto does not serve. That is the trail and its alarm (module audit), the domain of
# OpenSearch Service, and tasks that become healthy (so there is no release).
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# The endpoint of all services is in the environment: AWS_ENDPOINT_URL.
provider "aws" {
  region                  = "us-east-1"
  access_key              = "test"
  secret_key              = "test"
  skip_metadata_api_check = true
  s3_use_path_style       = true
}

resource "aws_route53_zone" "this" {
  name = "shiptrack.example"
}

module "isolation" {
  source = "../../modules/isolation"
  bucket = "shiptrack-123456789012"
}

module "network" {
  source = "../../modules/network"
}

module "stores" {
  source              = "../../modules/stores"
  bucket              = "shiptrack-123456789012"
  tenants             = ["yellow", "blue"]
  deletion_protection = false
  force_destroy       = true
}

module "cognito" {
  source              = "../../modules/cognito"
  callback_urls       = ["https://app.shiptrack.example/signed-in"]
  deletion_protection = false
}

module "service" {
  source              = "../../modules/service"
  host                = "api.shiptrack.example"
  zone_id             = aws_route53_zone.this.zone_id
  network             = module.network
  role_arns           = module.isolation.role_arns
  oidc                = { OIDC_ISSUER = "https://login.example.com", OIDC_AUDIENCE = "shiptrack" }
  deletion_protection = false
  force_destroy       = true
  stores = {
    table           = module.stores.table.name
    bucket          = module.stores.bucket.name
    search_endpoint = "https://search.shiptrack.example"
  }
}
