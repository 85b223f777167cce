package provision

import _ "embed"

// Limits are the tenants' limits in the demo and in Compose, see package fairshare: so high that only a flood meets them.
//
//go:embed limits.json
var Limits []byte
