package localaws

import (
	"cmp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// denialWords is AWS's wording per layer (IAM User Guide, "Troubleshoot access denied error messages").
var denialWords = map[string]struct{ implicit, explicit string }{
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
		message += " with an explicit deny in " + denialWords[d.Layer].explicit
		if isPolicyARN(d.Statement.Policy) {
			message += ": " + d.Statement.Policy
		}
		return message
	case permission.Trust != nil || denialWords[d.Layer].implicit == "":
		return message
	default:
		return message + " because " + denialWords[d.Layer].implicit + " the " + permission.Action + " action"
	}
}

// whereExplained is the end of AWS's message (IAM User Guide, "Troubleshoot access denied error messages with authorization ID"), but for
// the link to AWS's console.
func whereExplained(authorizationID string) string {
	if authorizationID == "" {
		return ""
	}
	return ". For complete details, call the GetRequestAuthorizationDetails API with the following authorization id: " + authorizationID
}
