mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  table_arn  = "arn:aws:dynamodb:eu-central-1:123456789012:table/TrackingData"
  bucket_arn = "arn:aws:s3:::shiptrack-123456789012"
}

run "each_denial_of_a_tenants_session_is_counted_but_those_of_the_isolation_check" {
  command = plan
  variables {
    roles = ["TrackingAccessRole"]
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.denials.pattern == "{ ($.errorCode = \"AccessDenied*\") && (($.userIdentity.arn = \"arn:aws:sts::123456789012:assumed-role/TrackingAccessRole/*\" && $.userIdentity.arn != \"arn:aws:sts::123456789012:assumed-role/TrackingAccessRole/check.a@*\")) && ($.errorMessage NOT EXISTS || $.errorMessage != \"*with an explicit deny in a permissions boundary*\" || $.errorMessage = \"*because no *\" || $.errorMessage = \"* policy*\") }"
    error_message = aws_cloudwatch_log_metric_filter.denials.pattern
  }
  assert {
    condition     = endswith(aws_cloudwatch_log_metric_filter.ended[0].pattern, " && ($.errorMessage = \"*with an explicit deny in a permissions boundary*\") }") && length(aws_cloudwatch_log_metric_filter.ended[0].metric_transformation) == 1
    error_message = aws_cloudwatch_log_metric_filter.ended[0].pattern
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.denials.threshold == 1 && aws_cloudwatch_metric_alarm.denials.evaluation_periods == 1
    error_message = "one denial is an alarm"
  }
}

run "where_the_boundary_is_the_accounts_own_each_denial_counts" {
  command = plan
  variables {
    roles       = ["TrackingAccessRole"]
    revocations = false
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_log_metric_filter.denials.pattern, "errorMessage") && length(aws_cloudwatch_log_metric_filter.ended) == 0
    error_message = aws_cloudwatch_log_metric_filter.denials.pattern
  }
}

run "rows_and_documents_are_recorded" {
  command = plan

  assert {
    condition = toset(flatten([
      for s in aws_cloudtrail.this.advanced_event_selector : [for f in s.field_selector : coalesce(f.equals, []) if f.field == "resources.type"]
    ])) == toset(["AWS::DynamoDB::Table", "AWS::S3::Object"])
    error_message = "want data events of the table and of the bucket"
  }
  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation
    error_message = "changes of the trail's files must show"
  }
}

run "bad_input_is_refused" {
  command = plan
  variables {
    roles = []
    email = "nobody"
    days  = 0
  }
  expect_failures = [var.roles, var.email, var.days]
}
