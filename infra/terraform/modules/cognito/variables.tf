variable "name" {
  description = "Begins the names of the resources."
  type        = string
  default     = "shiptrack"
}

variable "callback_urls" {
  description = "Where a browser comes back to after it signed in, https alone."
  type        = list(string)
  validation {
    condition     = length(var.callback_urls) > 0 && alltrue([for url in var.callback_urls : startswith(url, "https://")])
    error_message = "callback_urls: want one URL at least, and https alone."
  }
}

variable "deletion_protection" {
  description = "Whether the user pool can only be deleted after an apply that sets this to false."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
