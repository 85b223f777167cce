package localaws

import (
	"cmp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// denials is AWS's wording per layer (IAM User Guide, "Troubleshoot access denied error messages").
var denials = map[string]struct{ implicit, explicit string }{
	"identity": {"no identity-based policy allows", "an identity-based policy"},
	"boundary": {"no permissions boundary allows", "a permissions boundary"},
	"session":  {"no session policy allows", "a session policy"},
	"trust":    {"", "the role trust policy"},
	"resource": {"no resource-based policy allows", "a resource-based policy"},
}

// deniedMessage is AWS's message. It names the resource as the caller named it, and does not show whether it exists. For an
// AssumeRole it has no reason, as on AWS: a reason would tell roles that do not exist from roles that do not trust the caller.
func deniedMessage(p *identity.Principal, permission *api.Permission, d policy.Decision) string {
	message := "User: " + p.ARN + " is not authorized to perform: " + permission.Action
	if !strings.HasPrefix(permission.Action, "es:") { // OpenSearch Service names none
		message += " on resource: " + cmp.Or(permission.Asked, permission.Resource)
	}
	switch {
	case d.Effect == policy.ExplicitDeny:
		return message + " with an explicit deny in " + denials[d.Layer].explicit
	case permission.Trust != nil || denials[d.Layer].implicit == "":
		return message
	default:
		return message + " because " + denials[d.Layer].implicit + " the " + permission.Action + " action"
	}
}
