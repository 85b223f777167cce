variable "name" {
  description = "Begins the names of the resources."
  type        = string
  default     = "shiptrack"
}

variable "cidr" {
  description = "Addresses of the VPC, a /16 to /20."
  type        = string
  default     = "10.20.0.0/16"
  validation {
    condition     = can(cidrnetmask(var.cidr)) && can(regex("/(1[6-9]|20)$", var.cidr))
    error_message = "cidr: want an IPv4 range with a prefix of 16 to 20 bits, such as 10.20.0.0/16."
  }
}

variable "zones" {
  description = "In how many availability zones the subnets lie, 2 or 3."
  type        = number
  default     = 2
  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "zones: want 2 or 3. A load balancer needs two."
  }
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway. False: one for all, so that the issuer's keys cannot be fetched while its zone is away."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
