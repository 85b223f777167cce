locals {
  sessions = { for role in var.roles : role => "arn:aws:sts::${local.account}:assumed-role/${role}" }
  # The isolation check is denied on purpose, each time, in sessions of its reserved tenant. Nobody else has this name: the trust
  # policy gives a session named check.a@... to the tag check.a alone, and no token can carry an id with a dot.
  denied = join(" && ", ["($.errorCode = \"AccessDenied*\")", format("(%s)", join(" || ", [
    for arn in values(local.sessions) : "($.userIdentity.arn = \"${arn}/*\" && $.userIdentity.arn != \"${arn}/check.a@*\")"
  ]))])
  # AWS's words for a session that bin/tenants has ended (IAM User Guide, "Troubleshoot access denied error messages"). Who asks names the resource
  # in the message, and could name one so: a message that gives another reason too is a denial like any other.
  ended  = "$.errorMessage = \"*with an explicit deny in a permissions boundary*\""
  others = "$.errorMessage NOT EXISTS || ${replace(local.ended, " = ", " != ")} || $.errorMessage = \"*because no *\" || $.errorMessage = \"* policy*\""
}

resource "aws_cloudwatch_log_metric_filter" "denials" {
  name           = "${var.name}-denials"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = var.revocations ? "{ ${local.denied} && (${local.others}) }" : "{ ${local.denied} }"

  metric_transformation {
    name          = "Denials"
    namespace     = "Shiptrack"
    value         = "1"
    default_value = "0"
  }
}

# Sessions that were ended and go on asking. It raises no alarm: the service takes a new session, and asks once more.
resource "aws_cloudwatch_log_metric_filter" "ended" {
  count          = var.revocations ? 1 : 0
  name           = "${var.name}-ended"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ ${local.denied} && (${local.ended}) }"

  metric_transformation {
    name          = "DenialsOfEndedSessions"
    namespace     = "Shiptrack"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "denials" {
  alarm_name          = "${var.name}-denials"
  alarm_description   = "AWS denied a request in a tenant's session. The service asks for the tenant's own data alone, so this is a bug or an attack."
  namespace           = "Shiptrack"
  metric_name         = "Denials"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm.arn]
  tags                = var.tags
  depends_on          = [aws_cloudwatch_log_metric_filter.denials]
}

resource "aws_sns_topic" "alarm" {
  name = "${var.name}-alarm"
  tags = var.tags
}

resource "aws_sns_topic_policy" "alarm" {
  arn = aws_sns_topic.alarm.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmPublishes"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarm.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarm.arn
  protocol  = "email"
  endpoint  = var.email
}
