variable "name" {
  description = "Begins the names of the resources."
  type        = string
  default     = "shiptrack"
}

variable "table_arn" {
  description = "ARN of the table whose requests are recorded."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket whose requests are recorded."
  type        = string
}

variable "roles" {
  description = "Names of the roles whose sessions are tenants': a denial of one raises the alarm."
  type        = set(string)
  default     = ["TrackingAccessRole", "TrackingWriteRole"]
  validation {
    condition     = length(var.roles) > 0
    error_message = "roles: name one role at least. Without one there would be no alarm."
  }
}

variable "revocations" {
  description = "Whether a denial by a permissions boundary is no alarm: bin/tenants suspends and revokes tenants so. Take false where the boundary is the account's own (permissions_boundary of the module isolation)."
  type        = bool
  default     = true
}

variable "email" {
  description = "Address that the alarm writes to, once its owner has confirmed. Null: subscribe to the topic in another way."
  type        = string
  default     = null
  validation {
    condition     = var.email == null ? true : can(regex("^[^@[:space:]]+@[^@[:space:]]+$", var.email))
    error_message = "email: want an address such as security@shiptrack.example, or null."
  }
}

variable "days" {
  description = "How many days the trail's files are kept."
  type        = number
  default     = 365
  validation {
    condition     = var.days >= 1 && floor(var.days) == var.days
    error_message = "days: want a whole number, 1 or more."
  }
}

variable "force_destroy" {
  description = "Whether a destroy also deletes the trail's files."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
