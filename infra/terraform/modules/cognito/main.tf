data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  attribute = "custom:TenantID"
  claim     = "TenantID"
}

resource "aws_cognito_user_pool" "this" {
  name                = var.name
  user_pool_tier      = "ESSENTIALS" # a trigger may change access tokens
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  mfa_configuration   = "OPTIONAL"
  tags                = var.tags

  # Who signs up by himself would choose his tenant.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  # Set when an administrator makes the user, and never again: a user who could change it could become anybody's.
  schema {
    name                = "TenantID"
    attribute_data_type = "String"
    mutable             = false
    string_attribute_constraints {
      min_length = 2
      max_length = 63
    }
  }

  password_policy {
    minimum_length                   = 14
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = false
    temporary_password_validity_days = 3
  }

  software_token_mfa_configuration {
    enabled = true
  }

  lambda_config {
    pre_token_generation_config {
      lambda_arn     = aws_lambda_function.claim.arn
      lambda_version = "V2_0"
    }
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name                                 = "${var.name}-app"
  user_pool_id                         = aws_cognito_user_pool.this.id
  generate_secret                      = false
  prevent_user_existence_errors        = "ENABLED"
  enable_token_revocation              = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid"]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = var.callback_urls
  explicit_auth_flows                  = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  read_attributes                      = ["email", local.attribute]
  write_attributes                     = ["email"] # without this line, all of them
  access_token_validity                = 15
  id_token_validity                    = 15
  token_validity_units {
    access_token = "minutes"
    id_token     = "minutes"
  }
}
