mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  bucket  = "shiptrack-123456789012"
  tenants = ["yellow"]
}

run "stores_are_protected" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.tracking.deletion_protection_enabled && aws_dynamodb_table.tracking.point_in_time_recovery[0].enabled
    error_message = "the table must be protected from deletion, and recoverable"
  }
  assert {
    condition     = !aws_s3_bucket.documents.force_destroy && aws_s3_bucket_versioning.documents.versioning_configuration[0].status == "Enabled"
    error_message = "documents must not go with a destroy, and old versions must stay"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.documents.block_public_policy && aws_s3_bucket_public_access_block.documents.restrict_public_buckets
    error_message = "nothing in the bucket may become public"
  }
  assert {
    condition     = !one(aws_s3_bucket_server_side_encryption_configuration.documents.rule).bucket_key_enabled
    error_message = "with a bucket key the policies cannot tell prefixes apart"
  }
  assert {
    condition     = length(aws_opensearch_domain.shipments) == 0 && output.search_endpoint == null
    error_message = "without search there is no domain"
  }
}

run "each_tenant_and_the_isolation_check_have_a_key_of_their_own" {
  command = plan

  assert {
    condition     = toset(keys(aws_kms_key.tenant)) == toset(["yellow", "check.a", "check.b"])
    error_message = "want a key for each tenant, and for the two of the isolation check"
  }
  assert {
    condition     = alltrue([for id, key in aws_kms_key.tenant : key.tags.TenantID == id && key.enable_key_rotation])
    error_message = "the tag says whose a key is"
  }
  assert {
    condition     = keys(aws_kms_alias.tenant) == keys(aws_kms_key.tenant)
    error_message = "a service finds a key by its alias: each key has one, those of the isolation check too"
  }
  assert {
    condition     = aws_kms_alias.tenant["yellow"].name == "alias/shiptrack-c685a2c9bab235ccdd2ab0ea92281a52"
    error_message = "the alias must be the one of pkg/keyalias"
  }
}

run "a_bucket_without_tls_is_refused_by_its_policy" {
  command = apply # the policy names the bucket's ARN
  override_resource {
    target = aws_s3_bucket.documents
    values = { arn = "arn:aws:s3:::shiptrack-123456789012" }
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.documents[0].policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "want a Deny of requests without TLS"
  }
}

run "a_domain_is_encrypted_everywhere_and_takes_no_index_from_a_body" {
  command = plan
  variables {
    search = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = aws_opensearch_domain.shipments[0].domain_endpoint_options[0].enforce_https && aws_opensearch_domain.shipments[0].node_to_node_encryption[0].enabled && aws_opensearch_domain.shipments[0].encrypt_at_rest[0].enabled
    error_message = "want TLS, encryption between nodes and at rest"
  }
  assert {
    condition     = aws_opensearch_domain.shipments[0].advanced_options["rest.action.multi.allow_explicit_index"] == "false"
    error_message = "a body must not name an index"
  }
  assert {
    condition     = [for s in jsondecode(aws_opensearch_domain.shipments[0].access_policies).Statement : s.Effect] == ["Deny"]
    error_message = "the domain's own policy must allow nothing"
  }
  assert {
    condition     = length(aws_opensearch_domain.shipments[0].advanced_security_options) == 0
    error_message = "fine-grained access control is an option"
  }
}

run "a_master_turns_fine_grained_access_control_on" {
  command = plan
  variables {
    search = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"], master_arn = "arn:aws:iam::123456789012:role/SearchAdmin" }
  }

  assert {
    condition     = aws_opensearch_domain.shipments[0].advanced_security_options[0].enabled
    error_message = "want fine-grained access control"
  }
}

run "an_id_of_another_form_than_the_services_take_is_refused" {
  command = plan
  variables {
    tenants = ["Acme", "check.c", "-a", "a", "org_aBc"]
  }
  expect_failures = [var.tenants]
}

run "an_id_of_63_characters_is_taken" {
  command = plan
  variables {
    tenants = ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc-f"]
  }
}

run "an_id_of_64_characters_is_refused" {
  command = plan
  variables {
    tenants = ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
  }
  expect_failures = [var.tenants]
}

run "settings_that_aws_would_refuse_late_are_refused_early" {
  command = plan
  variables {
    key_deletion_days = 6
    noncurrent_days   = 0
    tags              = { TenantID = "yellow" }
    search            = { name = "Test", subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"], instance_count = 3 }
  }
  expect_failures = [var.key_deletion_days, var.noncurrent_days, var.tags, var.search]
}
