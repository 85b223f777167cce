mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  bucket        = "shiptrack-123456789012"
  search_domain = "parcels"
}

run "policies_are_the_files_with_their_placeholders_filled" {
  command = plan

  assert {
    condition     = length(aws_iam_role.task) == 3 && length(aws_iam_role.tenant) == 3
    error_message = "want the three roles of tasks and the three of tenants' sessions"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.inline["TrackingAccessRole/TrackingAccessPolicyDynamoDB"].policy, "arn:aws:dynamodb:eu-central-1:123456789012:table/TrackingData")
    error_message = "region and account must be filled"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.inline["TrackingAccessRole/TrackingAccessPolicyOpenSearch"].policy, "domain/parcels/$${aws:PrincipalTag/TenantID}-shipments/_search")
    error_message = "the domain must be filled, and the variable of IAM must stay"
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.inline["TrackingWriteRole/TrackingWritePolicyS3"].policy, "arn:aws:s3:::shiptrack-123456789012/$${aws:PrincipalTag/TenantID}/*")
    error_message = "the bucket must be filled"
  }
}

run "tenants_sessions_are_bounded_by_what_suspends_and_revokes" {
  command = apply

  override_resource {
    target = aws_iam_policy.boundary["TrackingAccessRole"]
    values = { arn = "arn:aws:iam::123456789012:policy/TrackingAccessRoleBoundary" }
  }
  override_resource {
    target = aws_iam_policy.boundary["TrackingSeedRole"]
    values = { arn = "arn:aws:iam::123456789012:policy/TrackingSeedRoleBoundary" }
  }
  override_resource {
    target = aws_iam_policy.boundary["TrackingWriteRole"]
    values = { arn = "arn:aws:iam::123456789012:policy/TrackingWriteRoleBoundary" }
  }

  assert {
    condition     = toset(keys(aws_iam_policy.boundary)) == toset(["TrackingAccessRole", "TrackingSeedRole", "TrackingWriteRole"])
    error_message = "each role of tenants' sessions has a boundary, and no role of a task has one"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.tenant : role.permissions_boundary == "arn:aws:iam::123456789012:policy/${role.name}Boundary"])
    error_message = "the boundary must be the role's own"
  }
  assert {
    condition     = !contains([for path in keys(aws_iam_role_policy.inline) : basename(path)], "boundary")
    error_message = "a boundary is no inline policy: as one it would allow all"
  }
}

run "a_boundary_that_the_account_wants_is_the_only_one" {
  command = plan
  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/Wanted"
  }
  assert {
    condition     = length(aws_iam_policy.boundary) == 0 && alltrue([for role in aws_iam_role.tenant : role.permissions_boundary == "arn:aws:iam::123456789012:policy/Wanted"])
    error_message = "a role has one boundary"
  }
}

run "an_unknown_placeholder_is_refused" {
  command = plan
  variables {
    policies = "./tests/unknown-placeholder"
  }
  expect_failures = [aws_iam_role_policy.inline]
}

run "a_tag_that_makes_each_session_a_tenant_is_refused" {
  command = plan
  variables {
    tags = { tenantid = "yellow" } # IAM compares keys of tags without regard to case
  }
  expect_failures = [var.tags]
}

run "names_that_policies_could_not_name_are_refused" {
  command = plan
  variables {
    bucket        = "*"
    search_domain = "UPPER"
  }
  expect_failures = [var.bucket, var.search_domain]
}
