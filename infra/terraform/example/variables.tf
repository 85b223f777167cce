variable "region" {
  description = "Region of AWS, such as eu-central-1."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region)) && !can(regex("^(cn|us-gov|us-iso)", var.region))
    error_message = "region: want a region such as us-east-1 or eu-central-1. China and GovCloud have other ARNs than the policies of infra/iam."
  }
}

variable "issuer" {
  description = "The https URL of the tokens' issuer, exactly as in their claim iss; or cognito, which makes a user pool."
  type        = string
  validation {
    condition     = var.issuer == "cognito" || can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^ ?#]*)?$", var.issuer))
    error_message = "issuer: want the https URL in the claim iss of your tokens, such as https://login.example.com/, or the word cognito. Copy it as it is: a slash at the end counts."
  }
}

variable "domain" {
  description = "A domain with a public hosted zone in Route 53 of this account, such as shiptrack.example. The API is api.<domain>."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain: want a DNS name in lower case without a scheme, port or path, such as shiptrack.example."
  }
}

variable "account_id" {
  description = "The account that this may touch. With the credentials of another one nothing is done. Null: any."
  type        = string
  default     = null
  validation {
    condition     = var.account_id == null ? true : can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: want the twelve digits of the account: aws sts get-caller-identity prints them."
  }
}

variable "tenants" {
  description = "Ids of the tenants: each has a KMS key. See the README before one is taken out."
  type        = set(string)
  default     = []
}

variable "oidc" {
  description = "More settings of the issuer, as in infra/docs/IDENTITY-PROVIDERS.md. The defaults are OIDC_AUDIENCE=shiptrack and the claim TenantID."
  type        = map(string)
  default     = {}
}

variable "release" {
  description = "Tag of the images of both services. Null until they are pushed: no tasks run."
  type        = string
  default     = null
}

variable "cpu_architecture" {
  description = "For which processors the images are built: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
}

variable "alarm_email" {
  description = "Address that the alarm writes to. Null: nobody, until you subscribe to the topic."
  type        = string
  default     = null
}

variable "removable" {
  description = "True prepares a teardown: nothing is protected from deletion, and a destroy deletes documents, images and the trail's files too."
  type        = bool
  default     = false
}
