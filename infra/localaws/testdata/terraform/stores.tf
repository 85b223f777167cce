# A table, keys and a bucket. As in iam.tf, each argument that is edited stands in a variable.
variable "billing" { default = "PAY_PER_REQUEST" }
variable "capacity" { default = null }
variable "indexed" { default = "Status" }
variable "projection" { default = "KEYS_ONLY" }
variable "expires" { default = true }
variable "recovers" { default = true }
variable "key" { default = "documents" } # the provider waits for half a minute where it changes: the long form alone edits it
variable "aliased" { default = "documents" }
variable "most" { default = 10 }
variable "text" { default = "one" }
variable "window" { default = 7 }
variable "rotates" { default = true }
variable "versions" { default = "Enabled" }
variable "encryption" { default = "aws:kms" }
variable "closed" { default = false }
variable "kind" { default = "text/plain" }
variable "protected" { default = true }   # an edit of its own: AWS takes no other beside it
variable "class" { default = "STANDARD" } # and so is this one

locals {
  keys = { documents = aws_kms_key.documents, other = aws_kms_key.other }
}

resource "aws_dynamodb_table" "rows" {
  name                        = "Rows"
  billing_mode                = var.billing
  read_capacity               = var.capacity
  write_capacity              = var.capacity
  hash_key                    = "TenantID"
  range_key                   = "RowID"
  table_class                 = var.class
  deletion_protection_enabled = var.protected
  tags                        = { Team = var.tag }

  attribute {
    name = "TenantID"
    type = "S"
  }
  attribute {
    name = "RowID"
    type = "S"
  }
  attribute {
    name = var.indexed
    type = "S"
  }
  global_secondary_index {
    name            = "By${var.indexed}"
    hash_key        = "TenantID"
    range_key       = var.indexed
    projection_type = var.projection
    read_capacity   = var.capacity
    write_capacity  = var.capacity
  }
  ttl {
    attribute_name = "Expires"
    enabled        = var.expires
  }
  point_in_time_recovery {
    enabled = var.recovers
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = local.keys[var.key].arn
  }
}

resource "aws_dynamodb_table" "limited" {
  name         = "Limited"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "ID"
  attribute {
    name = "ID"
    type = "N"
  }
  on_demand_throughput {
    max_read_request_units  = var.most
    max_write_request_units = var.most
  }
}

# After each edit of a key the provider asks five times, a second apart, whether it sees it. So the edits are divided: the two keys are asked
# at the same time.
resource "aws_kms_key" "documents" {
  description             = var.description
  deletion_window_in_days = var.window
  tags                    = { TenantID = var.tag }
}

resource "aws_kms_key" "other" {
  description         = "another"
  enable_key_rotation = var.rotates
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Enable IAM User Permissions", Effect = "Allow", Principal = { AWS = "arn:aws:iam::000000000000:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "Reader", Effect = "Deny", Principal = { AWS = aws_iam_role.reader.arn }, Action = var.action == "dynamodb:Query" ? "kms:Encrypt" : "kms:Decrypt", Resource = "*" },
    ]
  })
}

resource "aws_kms_alias" "documents" {
  name          = "alias/shiptrack-yellow"
  target_key_id = local.keys[var.aliased].id
}

resource "aws_s3_bucket" "documents" {
  bucket        = "shiptrack-documents"
  force_destroy = true
  tags          = { Team = var.tag }
}

resource "aws_s3_bucket_versioning" "documents" {
  bucket = aws_s3_bucket.documents.id
  versioning_configuration { status = var.versions }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "documents" {
  bucket = aws_s3_bucket.documents.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption
      kms_master_key_id = var.encryption == "aws:kms" ? aws_kms_key.documents.arn : null
    }
  }
}

resource "aws_s3_bucket_public_access_block" "documents" {
  bucket                  = aws_s3_bucket.documents.id
  block_public_acls       = var.closed
  block_public_policy     = var.closed
  ignore_public_acls      = var.closed
  restrict_public_buckets = var.closed
}

resource "aws_s3_bucket_ownership_controls" "documents" {
  bucket = aws_s3_bucket.documents.id
  rule { object_ownership = "BucketOwnerEnforced" } # localaws has no ACLs
}

resource "aws_s3_object" "readme" {
  bucket       = aws_s3_bucket.documents.id
  key          = "yellow/readme.txt"
  content      = var.text
  content_type = var.kind
  metadata     = { author = var.tag }
  tags         = { Kind = var.tag }
  depends_on   = [aws_s3_bucket_server_side_encryption_configuration.documents, aws_s3_bucket_versioning.documents]
}
