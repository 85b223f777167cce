mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
}

variables {
  region = "eu-central-1"
  issuer = "https://login.example/"
  domain = "shiptrack.example"
}

run "three_variables_are_enough" {
  command = plan

  assert {
    condition     = output.url == "https://api.shiptrack.example" && output.user_pool_id == null
    error_message = "want the API below the domain, and no user pool"
  }
}

run "cognito_is_an_issuer" {
  command = plan
  variables {
    issuer = "cognito"
  }

  assert {
    condition     = length(module.cognito) == 1
    error_message = "want a user pool"
  }
}

run "bad_input_is_refused" {
  command = plan
  variables {
    region     = "Frankfurt"
    issuer     = "http://login.example/"
    domain     = "https://shiptrack.example"
    account_id = "1234"
  }
  expect_failures = [var.region, var.issuer, var.domain, var.account_id]
}

run "a_region_with_other_arns_is_refused" {
  command = plan
  variables {
    region = "cn-north-1"
  }
  expect_failures = [var.region]
}
