package policy

import "testing"

const (
	serviceRole    = "arn:aws:iam::000000000000:role/TrackingServiceRole"
	serviceSession = "arn:aws:sts::000000000000:assumed-role/TrackingServiceRole/task"
)

// assume is a request of the service role's session for TrackingAccessRole.
func assume(v values) *Request {
	return &Request{
		Action: "sts:AssumeRole", Resource: roleARN, Context: v.context(),
		Caller: Caller{ARN: serviceSession, RoleARN: serviceRole, Account: account},
	}
}

// trustOf allows sts:* to the given Principal element.
func trustOf(t testing.TB, principal string) Named {
	t.Helper()
	return Named{Name: "Role/trust", Policy: mustParse(t, documentOf("2012-10-17",
		`"Sid":"Trusted","Effect":"Allow","Principal":`+principal+`,"Action":"sts:*"`), Trust)}
}

const assumeAllowed = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}}`
const otherAllowed = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::000000000000:role/Other"}}`
const assumeDenied = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}}`

func TestTrustPolicyGrantsByPrincipal(t *testing.T) {
	const (
		none, allowed, other, denied = 0, 1, 2, 3
	)
	documents := []string{"", assumeAllowed, otherAllowed, assumeDenied}
	tests := []struct {
		name, principal             string
		identity, boundary, session int
		wantEffect                  Effect
		wantLayer                   string
	}{
		{"role without own policy", `{"AWS":"` + serviceRole + `"}`, none, none, none, Allow, ""},
		{"role in a list", `{"AWS":["` + roleARN + `","` + serviceRole + `"]}`, none, none, none, Allow, ""},
		{"another role", `{"AWS":"arn:aws:iam::000000000000:role/TrackingServiceRole2"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"role in another case", `{"AWS":"arn:aws:iam::000000000000:role/trackingservicerole"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"role under a boundary that allows", `{"AWS":"` + serviceRole + `"}`, none, allowed, none, Allow, ""},
		{"role under a boundary that does not", `{"AWS":"` + serviceRole + `"}`, allowed, other, none, ImplicitDeny, layerBoundary},
		{"role under a session policy that does not", `{"AWS":"` + serviceRole + `"}`, allowed, none, other, ImplicitDeny, layerSession},
		{"role with own deny", `{"AWS":"` + serviceRole + `"}`, denied, none, none, ExplicitDeny, layerIdentity},
		{"session without own policy", `{"AWS":"` + serviceSession + `"}`, none, none, none, Allow, ""},
		{"session under a boundary that does not", `{"AWS":"` + serviceSession + `"}`, none, other, other, Allow, ""},
		{"session with a deny in its boundary", `{"AWS":"` + serviceSession + `"}`, allowed, denied, none, ExplicitDeny, layerBoundary},
		{"session with a deny in its session policy", `{"AWS":"` + serviceSession + `"}`, allowed, none, denied, ExplicitDeny, layerSession},
		{"another session", `{"AWS":"` + serviceSession + `2"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"account id without own allow", `{"AWS":"000000000000"}`, none, none, none, ImplicitDeny, layerIdentity},
		{"account id with own allow", `{"AWS":"000000000000"}`, allowed, none, none, Allow, ""},
		{"account root with own allow", `{"AWS":"arn:aws:iam::000000000000:root"}`, allowed, none, none, Allow, ""},
		{"account root with own allow on another role", `{"AWS":"arn:aws:iam::000000000000:root"}`, other, none, none, ImplicitDeny, layerIdentity},
		{"account with own allow outside the boundary", `{"AWS":"000000000000"}`, allowed, other, none, ImplicitDeny, layerBoundary},
		{"another account", `{"AWS":"111111111111"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"account and role named together", `{"AWS":["000000000000","` + serviceRole + `"]}`, none, none, none, Allow, ""},
		{"everyone", `{"AWS":"*"}`, none, none, none, Allow, ""},
		{"everyone with own deny", `{"AWS":"*"}`, denied, none, none, ExplicitDeny, layerIdentity},
		{"a service", `{"Service":"ecs-tasks.amazonaws.com"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"a federated principal", `{"Federated":"accounts.google.com"}`, allowed, none, none, ImplicitDeny, layerTrust},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var caller Policies
			if test.identity != none {
				caller = identityOf(t, documents[test.identity])
			}
			if test.boundary != none {
				caller.Boundary = &Named{Name: "Boundary", Policy: mustParse(t, documents[test.boundary], Identity)}
			}
			if test.session != none {
				caller.Session = []Named{{Name: "Session", Policy: mustParse(t, documents[test.session], Identity)}}
			}
			got := DecideTrust(trustOf(t, test.principal), caller, assume(nil))
			if got.Effect != test.wantEffect || got.Layer != test.wantLayer {
				t.Errorf("DecideTrust(%s) = %+v, want %s of layer %q", test.principal, got, test.wantEffect, test.wantLayer)
			}
		})
	}
}
