output "oidc" {
  description = "Settings of the issuer for both services: see the variable oidc of the module service."
  value = {
    OIDC_ISSUER          = "https://cognito-idp.${data.aws_region.this.name}.amazonaws.com/${aws_cognito_user_pool.this.id}"
    OIDC_AUDIENCE        = aws_cognito_user_pool_client.app.id
    OIDC_AUDIENCE_CLAIM  = "client_id"
    OIDC_REQUIRED_CLAIMS = "token_use=access"
    OIDC_TENANT_CLAIM    = local.claim
  }
}

output "user_pool_id" {
  description = "Id of the user pool, for aws cognito-idp admin-create-user."
  value       = aws_cognito_user_pool.this.id
}
