# The roles and policies are the files of infra/iam. replace() fills the placeholders: templatefile() would take ${aws:...} for its own.

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  folder = coalesce(var.policies, "${path.module}/../../../iam/hardened")
  values = {
    "<account-id>" = data.aws_caller_identity.this.account_id
    "<region>"     = data.aws_region.this.name
    "<bucket>"     = var.bucket
    "<domain>"     = var.search_domain
  }
  documents = {
    for path in fileset(local.folder, "*/*.json") : path => replace(replace(replace(replace(
      file("${local.folder}/${path}"),
      "<account-id>", local.values["<account-id>"]),
      "<region>", local.values["<region>"]),
      "<bucket>", local.values["<bucket>"]),
    "<domain>", local.values["<domain>"])
  }
  trust  = { for path, text in local.documents : dirname(path) => text if basename(path) == "trust.json" }
  inline = { for path, text in local.documents : trimsuffix(path, ".json") => text if !contains(["trust.json", "boundary.json"], basename(path)) }

  # A role has one boundary. Where the account wants another, bin/tenants can neither suspend nor revoke.
  bounded  = var.permissions_boundary == null ? { for path, text in local.documents : dirname(path) => text if basename(path) == "boundary.json" } : {}
  boundary = { for role in keys(local.trust) : role => try(aws_iam_policy.boundary[role].arn, var.permissions_boundary) }

  # IAM refuses a trust policy that names a role which is not there. So the roles of tasks, which trust a service, come first.
  task_roles   = { for role, text in local.trust : role => text if !strcontains(text, ":role/") }
  tenant_roles = { for role, text in local.trust : role => text if strcontains(text, ":role/") }
  roles        = merge(aws_iam_role.task, aws_iam_role.tenant)

  description = "Shiptrack: see infra/iam"
}

# The permissions boundary of the roles of tenants' sessions. It allows all, so it grants nothing. bin/tenants writes into it which tenants
# are suspended or revoked: Terraform makes it, and leaves its content.
resource "aws_iam_policy" "boundary" {
  for_each    = local.bounded
  name        = "${each.key}Boundary"
  description = "Shiptrack: which tenants are suspended or revoked. bin/tenants writes it."
  policy      = each.value
  tags        = var.tags

  lifecycle {
    ignore_changes = [policy]
  }
}

resource "aws_iam_role" "task" {
  for_each             = local.task_roles
  name                 = each.key
  description          = local.description
  assume_role_policy   = each.value
  permissions_boundary = local.boundary[each.key]
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = !can(regex("<[a-z-]+>", each.value))
      error_message = "${each.key}/trust.json: a placeholder is left. Known are ${join(", ", keys(local.values))}."
    }
    postcondition {
      condition     = !contains([for name in keys(self.tags_all) : lower(name)], "tenantid")
      error_message = "${each.key} would have the tag TenantID: take it out of default_tags of the provider. Isolation would not hold."
    }
  }
}

resource "aws_iam_role" "tenant" {
  for_each             = local.tenant_roles
  name                 = each.key
  description          = local.description
  assume_role_policy   = each.value
  max_session_duration = 3600 # more is not to be had where one role assumes another
  permissions_boundary = local.boundary[each.key]
  tags                 = var.tags
  depends_on           = [aws_iam_role.task]

  lifecycle {
    precondition {
      condition     = !can(regex("<[a-z-]+>", each.value))
      error_message = "${each.key}/trust.json: a placeholder is left. Known are ${join(", ", keys(local.values))}."
    }
    postcondition {
      condition     = !contains([for name in keys(self.tags_all) : lower(name)], "tenantid")
      error_message = "${each.key} would have the tag TenantID: take it out of default_tags of the provider. Isolation would not hold."
    }
  }
}

resource "aws_iam_role_policy" "inline" {
  for_each = local.inline
  name     = basename(each.key)
  role     = local.roles[dirname(each.key)].name
  policy   = each.value

  lifecycle {
    precondition {
      condition     = !can(regex("<[a-z-]+>", each.value))
      error_message = "${each.key}.json: a placeholder is left. Known are ${join(", ", keys(local.values))}."
    }
  }
}

# A policy that somebody adds by hand is a difference in the next plan, and the next apply removes it.
resource "aws_iam_role_policies_exclusive" "inline" {
  for_each     = local.trust # not local.roles: an import has to know the keys before the roles are there
  role_name    = local.roles[each.key].name
  policy_names = [for path in keys(local.inline) : aws_iam_role_policy.inline[path].name if dirname(path) == each.key]
}

resource "aws_iam_role_policy_attachments_exclusive" "none" {
  for_each    = local.trust
  role_name   = local.roles[each.key].name
  policy_arns = []
}
