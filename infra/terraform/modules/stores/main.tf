# Name and keys are those that the policies and the tracking service have.
resource "aws_dynamodb_table" "tracking" {
  name                        = "TrackingData"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "TenantID"
  range_key                   = "ShipmentID"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "TenantID"
    type = "S"
  }
  attribute {
    name = "ShipmentID"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
}
