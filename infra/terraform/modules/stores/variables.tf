variable "bucket" {
  description = "Name of the bucket of the documents, the one that the policies name."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket: want 3 to 63 of a-z, 0-9 and '-', the first and the last a letter or a digit. Take a name without dots: TLS cannot verify one with dots."
  }
}

variable "tenants" {
  description = "Tenants that have a KMS key each. One that is taken out loses its key after key_deletion_days, and then its documents."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.tenants : can(regex("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$", id))])
    error_message = "tenants: want ids of 2 to 63 of a-z, 0-9 and '-', the first and the last a letter or a digit. The ids of another issuer are encoded: see tenant_form in infra/docs/IDENTITY-PROVIDERS.md."
  }
}

variable "deletion_protection" {
  description = "Whether the table can only be deleted after an apply that sets this to false."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether a destroy also deletes the documents of a bucket that is not empty."
  type        = bool
  default     = false
}

variable "key_deletion_days" {
  description = "How many days KMS waits before it deletes a key. Until then it can be had back."
  type        = number
  default     = 30
  validation {
    condition     = var.key_deletion_days >= 7 && var.key_deletion_days <= 30 && floor(var.key_deletion_days) == var.key_deletion_days
    error_message = "key_deletion_days: want 7 to 30, as KMS has it."
  }
}

variable "noncurrent_days" {
  description = "After how many days old versions of documents are deleted, those of the isolation check too. Null keeps them."
  type        = number
  default     = 30
  validation {
    condition     = var.noncurrent_days == null ? true : var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days: want a whole number of days, 1 or more, or null to keep old versions."
  }
}

variable "tls_only" {
  description = "Whether the bucket refuses requests without TLS. False is for an endpoint without TLS on loopback, never for AWS."
  type        = bool
  default     = true
}

variable "search" {
  description = "The domain of OpenSearch Service, in a VPC. Null: no domain. master_arn turns fine-grained access control on, with this principal as its master: see the README."
  type = object({
    name               = optional(string, "shiptrack")
    instance_type      = optional(string, "t3.small.search")
    instance_count     = optional(number, 2)
    volume_gib         = optional(number, 20)
    subnet_ids         = list(string)
    security_group_ids = list(string)
    master_arn         = optional(string)
  })
  default = null
  validation {
    condition     = var.search == null ? true : can(regex("^[a-z][a-z0-9-]{2,27}$", var.search.name))
    error_message = "search.name: want 3 to 28 of a-z, 0-9 and '-', the first a letter: that is the form of OpenSearch Service."
  }
  validation {
    condition     = var.search == null ? true : var.search.instance_count % length(var.search.subnet_ids) == 0
    error_message = "search.instance_count: want a multiple of the number of subnets, so that each zone has as many nodes."
  }
}

variable "tags" {
  description = "Tags of all resources. Each key has the tag TenantID beside them."
  type        = map(string)
  default     = {}
  validation {
    condition     = !contains([for name in keys(var.tags) : lower(name)], "tenantid")
    error_message = "tags: take TenantID out. It says whose a key is, and the module sets it."
  }
}
