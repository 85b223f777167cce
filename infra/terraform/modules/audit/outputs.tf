output "topic_arn" {
  description = "ARN of the topic that the alarm publishes to."
  value       = aws_sns_topic.alarm.arn
}

output "trail_bucket" {
  description = "Name of the bucket with the trail's files."
  value       = aws_s3_bucket.trail.id
}
