mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  callback_urls = ["https://app.shiptrack.example/signed-in"]
}

run "nobody_chooses_a_tenant" {
  command = plan

  assert {
    condition     = !one(aws_cognito_user_pool.this.schema).mutable
    error_message = "the attribute must be immutable"
  }
  assert {
    condition     = aws_cognito_user_pool.this.admin_create_user_config[0].allow_admin_create_user_only
    error_message = "who signs up by himself would choose his tenant"
  }
  assert {
    condition     = aws_cognito_user_pool_client.app.write_attributes == toset(["email"])
    error_message = "the app client must not write the tenant"
  }
}

run "the_tenant_comes_into_access_tokens" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.lambda_config[0].pre_token_generation_config[0].lambda_version == "V2_0"
    error_message = "version 1 of the event changes ID tokens alone"
  }
}

run "a_callback_without_tls_is_refused" {
  command = plan
  variables {
    callback_urls = ["http://app.shiptrack.example/"]
  }
  expect_failures = [var.callback_urls]
}
