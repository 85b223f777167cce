variable "bucket" {
  description = "Name of the bucket of the documents. The policies name it."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket: want 3 to 63 of a-z, 0-9 and '-', the first and the last a letter or a digit. Take a name without dots: TLS cannot verify one with dots."
  }
}

variable "search_domain" {
  description = "Name of the domain of OpenSearch Service with the tenants' indexes. The policies name it."
  type        = string
  default     = "shiptrack"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,27}$", var.search_domain))
    error_message = "search_domain: want 3 to 28 of a-z, 0-9 and '-', the first a letter: that is the form of OpenSearch Service."
  }
}

variable "policies" {
  description = "Folder of the policies: one folder for each role, with trust.json and one file for each inline policy. Null takes infra/iam/hardened of this checkout."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of a managed policy that bounds every role. Null: roles of tenants' sessions have the one of their boundary.json, in which bin/tenants suspends and revokes; the others have none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the roles."
  type        = map(string)
  default     = {}
  validation {
    condition     = !contains([for name in keys(var.tags) : lower(name)], "tenantid")
    error_message = "tags: take TenantID out. A role with this tag is a tenant for every session that brings no tag of its own, so isolation would not hold."
  }
}
