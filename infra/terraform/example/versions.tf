terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100" # .terraform.lock.hcl has the version and its checksums
    }
  }

  # The state, kept where others find it, with a lock. Take the # away, and give the bucket to init:
  #   terraform init -backend-config=bucket=NAME -backend-config=region=REGION
  #
  # backend "s3" {
  #   key          = "shiptrack/terraform.tfstate"
  #   encrypt      = true
  #   use_lockfile = true
  # }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_id[*]
  default_tags {
    tags = { Application = "shiptrack", ManagedBy = "terraform" } # never TenantID: it says whose a session is
  }
}
