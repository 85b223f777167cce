# Every argument that is edited stands in a variable: the second apply gives each another value.
variable "description" { default = "reads shipments" }
variable "action" { default = "dynamodb:GetItem" }
variable "tag" { default = "blue" }
variable "session" { default = 3600 }
variable "boundary" { default = "first" }
variable "managed" { default = "AmazonDynamoDBReadOnlyAccess" }
variable "user" { default = "ana" }
variable "path" { default = "/people/" }
variable "status" { default = "Active" }
variable "trusts" { default = "user" }

locals {
  statement = { Effect = "Allow", Action = var.action, Resource = "*" }
  document  = jsonencode({ Version = "2012-10-17", Statement = [local.statement] })
  trusted   = { user = aws_iam_user.person.arn, role = aws_iam_role.task.arn }
  bounds    = { first = aws_iam_policy.boundary.arn, second = aws_iam_policy.other.arn }
}

resource "aws_iam_role" "task" {
  name = "Task"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role" "reader" {
  name                 = "Reader"
  path                 = "/app/"
  description          = var.description
  max_session_duration = var.session
  permissions_boundary = local.bounds[var.boundary]
  tags                 = { Team = var.tag }
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = local.trusted[var.trusts] }, Action = ["sts:AssumeRole", "sts:TagSession"] }]
  })
}

resource "aws_iam_role_policy" "inline" {
  name   = "Inline"
  role   = aws_iam_role.reader.id
  policy = local.document
}

resource "aws_iam_policy" "managed" {
  name        = "Managed"
  path        = "/app/"
  description = "what readers may do"
  tags        = { Team = var.tag }
  policy      = local.document
}

resource "aws_iam_policy" "boundary" {
  name   = "Boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "dynamodb:*", Resource = "*" }] })
}

resource "aws_iam_policy" "other" {
  name   = "OtherBoundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["dynamodb:*", "s3:*"], Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.managed.arn
}

resource "aws_iam_role_policy_attachment" "aws" {
  role       = aws_iam_role.reader.name
  policy_arn = "arn:aws:iam::aws:policy/${var.managed}"
}

resource "aws_iam_user" "person" {
  name                 = var.user
  path                 = var.path
  permissions_boundary = local.bounds[var.boundary]
  force_destroy        = true
  tags                 = { Team = var.tag }
}

resource "aws_iam_user_policy" "inline" {
  name   = "Inline"
  user   = aws_iam_user.person.name
  policy = local.document
}

resource "aws_iam_user_policy_attachment" "own" {
  user       = aws_iam_user.person.name
  policy_arn = aws_iam_policy.managed.arn
}

resource "aws_iam_access_key" "key" {
  user   = aws_iam_user.person.name
  status = var.status
}

data "aws_iam_policy" "aws" { name = "AWSLambdaBasicExecutionRole" }
data "aws_iam_role" "reader" { name = aws_iam_role.reader.name }
data "aws_iam_user" "person" { user_name = aws_iam_user.person.name }

output "lambda" { value = data.aws_iam_policy.aws.arn }
