variable "name" {
  description = "Begins the names of the resources."
  type        = string
  default     = "shiptrack"
}

variable "host" {
  description = "Host name of the public API, such as api.shiptrack.example."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.host))
    error_message = "host: want a DNS name in lower case without a scheme, port or path, such as api.shiptrack.example."
  }
}

variable "zone_id" {
  description = "Id of the public hosted zone of Route 53 in which host lies."
  type        = string
}

variable "network" {
  description = "What the module network has: the VPC, its subnets and security groups."
  type = object({
    vpc_id             = string
    public_subnet_ids  = list(string)
    private_subnet_ids = list(string)
    security_group_ids = map(string)
  })
}

variable "role_arns" {
  description = "ARN of each role of the module isolation, by its name."
  type        = map(string)
  validation {
    condition     = alltrue([for name in ["TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole"] : contains(keys(var.role_arns), name)])
    error_message = "role_arns: want TrackingServiceRole, TrackingAccessRole and TrackingWriteRole: give it the output role_arns of the module isolation."
  }
}

variable "stores" {
  description = "Names of the table and the bucket, and the URL of the domain of OpenSearch Service."
  type = object({
    table           = string
    bucket          = string
    search_endpoint = string
  })
}

variable "oidc" {
  description = "Settings of the issuer, as both services read them from the environment: OIDC_ISSUER, OIDC_AUDIENCE and others."
  type        = map(string)
  validation {
    condition     = alltrue([for name in keys(var.oidc) : startswith(name, "OIDC_")]) && alltrue([for name in ["OIDC_ISSUER", "OIDC_AUDIENCE"] : contains(keys(var.oidc), name)])
    error_message = "oidc: want OIDC_ISSUER, OIDC_AUDIENCE and other variables that begin with OIDC_: see infra/docs/IDENTITY-PROVIDERS.md."
  }
  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^ ?#]*)?$", lookup(var.oidc, "OIDC_ISSUER", "")))
    error_message = "oidc: OIDC_ISSUER must be an https URL, exactly as in the claim iss of the tokens."
  }
}

variable "release" {
  description = "Tag of the images of both services. Null: no tasks run yet, because there are no images."
  type        = string
  default     = null
  validation {
    condition     = var.release == null ? true : can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.release))
    error_message = "release: want the tag of an image, such as 1.0.0 or a commit, or null until images are pushed."
  }
}

variable "tasks" {
  description = "How many tasks of each service run, at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 10 }
  validation {
    condition     = var.tasks.min >= 1 && var.tasks.min <= var.tasks.max
    error_message = "tasks: want min of 1 or more, and max of min or more."
  }
}

variable "cpu_architecture" {
  description = "For which processors the images are built: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture: want X86_64 or ARM64. A Mac with an M processor builds for ARM64, if not told otherwise."
  }
}

variable "log_days" {
  description = "How many days logs are kept: a number that CloudWatch Logs takes."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Whether the load balancer can only be deleted after an apply that sets this to false."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether a destroy also deletes the images of repositories that are not empty."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
