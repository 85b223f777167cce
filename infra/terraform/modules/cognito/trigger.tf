# pre-token-generation.zip holds pre-token-generation.mjs; a test compares them.
resource "aws_lambda_function" "claim" {
  function_name    = "${var.name}-pre-token-generation"
  description      = "Shiptrack: puts the tenant into access tokens"
  role             = aws_iam_role.claim.arn
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  handler          = "pre-token-generation.handler"
  filename         = "${path.module}/pre-token-generation.zip"
  source_code_hash = filebase64sha256("${path.module}/pre-token-generation.zip")
  timeout          = 5
  memory_size      = 128
  tags             = var.tags
  depends_on       = [aws_cloudwatch_log_group.claim]

  environment {
    variables = { ATTRIBUTE = local.attribute, CLAIM = local.claim }
  }
}

resource "aws_lambda_permission" "cognito" {
  statement_id   = "UserPool"
  function_name  = aws_lambda_function.claim.function_name
  action         = "lambda:InvokeFunction"
  principal      = "cognito-idp.amazonaws.com"
  source_arn     = aws_cognito_user_pool.this.arn
  source_account = data.aws_caller_identity.this.account_id
}

resource "aws_cloudwatch_log_group" "claim" {
  name              = "/aws/lambda/${var.name}-pre-token-generation"
  retention_in_days = 30
  tags              = var.tags
}

resource "aws_iam_role" "claim" {
  name        = "${var.name}-pre-token-generation"
  description = "Shiptrack: the trigger of the user pool, which asks nothing of AWS"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "claim" {
  name = "WriteLogs"
  role = aws_iam_role.claim.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.claim.arn}:*"
    }]
  })
}
