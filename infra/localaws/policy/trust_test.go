package policy

import "testing"

const (
	serviceRole    = "arn:aws:iam::000000000000:role/NotesService"
	serviceSession = "arn:aws:sts::000000000000:assumed-role/NotesService/task"
)

// assume is a request of the service role's session for NotesReader.
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
		{"another role", `{"AWS":"arn:aws:iam::000000000000:role/NotesService2"}`, allowed, none, none, ImplicitDeny, layerTrust},
		{"role in another case", `{"AWS":"arn:aws:iam::000000000000:role/notesservice"}`, allowed, none, none, ImplicitDeny, layerTrust},
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

func TestRoleARNInTrustPolicyMatchesEverySessionOfTheRole(t *testing.T) {
	trust := trustOf(t, `{"AWS":"`+serviceRole+`"}`)
	r := assume(nil)
	for _, session := range []string{"task", "yellow@one"} {
		r.Caller.ARN = "arn:aws:sts::000000000000:assumed-role/NotesService/" + session
		if got := DecideTrust(trust, Policies{}, r); got.Effect != Allow {
			t.Errorf("session %s: %+v, want Allow", session, got)
		}
	}
	r.Caller.RoleARN = serviceRole + "2"
	if got := DecideTrust(trust, Policies{}, r); got.Effect != ImplicitDeny {
		t.Errorf("session of another role: %+v, want ImplicitDeny", got)
	}
}

func TestRootCannotAssumeARole(t *testing.T) {
	root := Caller{ARN: "arn:aws:iam::000000000000:root", Account: account}
	everything := identityOf(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	for _, principal := range []string{`{"AWS":"*"}`, `{"AWS":"000000000000"}`, `{"AWS":"arn:aws:iam::000000000000:root"}`} {
		trust := trustOf(t, principal)
		r := assume(nil)
		if got := DecideTrust(trust, everything, r); got.Effect != Allow {
			t.Errorf("%s, by a session: %+v, want Allow", principal, got)
		}
		r.Caller = root
		if got := DecideTrust(trust, everything, r); got.Effect != ImplicitDeny || got.Layer != layerTrust {
			t.Errorf("%s, by root: %+v, want ImplicitDeny of layer trust", principal, got)
		}
	}
}

func TestServicePrincipalIsTrustedByName(t *testing.T) {
	for principal, want := range map[string]Effect{
		`{"Service":"ecs-tasks.amazonaws.com"}`:                       Allow,
		`{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]}`: Allow,
		`{"Service":"ec2.amazonaws.com"}`:                             ImplicitDeny,
		`{"AWS":"*"}`:                                                 ImplicitDeny,
		`{"AWS":"000000000000"}`:                                      ImplicitDeny,
	} {
		r := assume(nil)
		r.Caller = Caller{Service: "ecs-tasks.amazonaws.com"}
		if got := DecideTrust(trustOf(t, principal), Policies{}, r); got.Effect != want {
			t.Errorf("%s: %+v, want %s", principal, got, want)
		}
	}
}

func TestCallerOfAnotherAccountNeedsItsOwnAllow(t *testing.T) {
	foreign := Caller{
		ARN:     "arn:aws:sts::111111111111:assumed-role/R/s",
		RoleARN: "arn:aws:iam::111111111111:role/R", Account: "111111111111",
	}
	for _, principal := range []string{`{"AWS":"*"}`, `{"AWS":"` + foreign.ARN + `"}`, `{"AWS":"` + foreign.RoleARN + `"}`, `{"AWS":"111111111111"}`} {
		r := assume(nil)
		r.Caller = foreign
		if got := DecideTrust(trustOf(t, principal), Policies{}, r); got.Effect != ImplicitDeny || got.Layer != layerIdentity {
			t.Errorf("%s without own allow: %+v, want ImplicitDeny of layer identity", principal, got)
		}
		if got := DecideTrust(trustOf(t, principal), identityOf(t, assumeAllowed), r); got.Effect != Allow {
			t.Errorf("%s with own allow: %+v, want Allow", principal, got)
		}
	}
}

func TestDenyInTrustPolicyWins(t *testing.T) {
	const allow = `{"Effect":"Allow","Principal":{"AWS":"*","Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`
	deny := func(principal string) Named {
		return Named{Name: "trust", Policy: mustParse(t, `{"Version":"2012-10-17","Statement":[`+allow+
			`,{"Sid":"No","Effect":"Deny","Principal":`+principal+`,"Action":"sts:*"}]}`, Trust)}
	}
	service := assume(nil)
	service.Caller = Caller{Service: "ecs-tasks.amazonaws.com"}
	for _, test := range []struct {
		principal string
		r         *Request
		want      Effect
	}{
		{`{"AWS":"*"}`, assume(nil), ExplicitDeny},
		{`{"AWS":"*"}`, service, ExplicitDeny},
		{`{"AWS":"` + serviceRole + `"}`, assume(nil), ExplicitDeny},
		{`{"AWS":"` + serviceSession + `"}`, assume(nil), ExplicitDeny},
		{`{"AWS":"000000000000"}`, assume(nil), ExplicitDeny},
		{`{"AWS":"` + roleARN + `"}`, assume(nil), Allow},
		{`{"Service":"ecs-tasks.amazonaws.com"}`, service, ExplicitDeny},
		{`{"Service":"ecs-tasks.amazonaws.com"}`, assume(nil), Allow},
		{`{"Federated":"accounts.google.com"}`, assume(nil), Allow},
	} {
		if got := DecideTrust(deny(test.principal), Policies{}, test.r); got.Effect != test.want {
			t.Errorf("Deny of %s for %+v: %+v, want %s", test.principal, test.r.Caller, got, test.want)
		}
	}
}

func TestWidestGrantOfSeveralStatementsCounts(t *testing.T) {
	statement := func(principal string) string {
		return `{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}`
	}
	byAccount, byRole := statement(account), statement(serviceRole)
	for _, list := range []string{byAccount + "," + byRole, byRole + "," + byAccount} {
		trust := Named{Name: "trust", Policy: mustParse(t, `{"Statement":[`+list+`]}`, Trust)}
		if got := DecideTrust(trust, Policies{}, assume(nil)); got.Effect != Allow {
			t.Errorf("%s: %+v, want Allow", list, got)
		}
	}
}

func TestTrustDecisionWithoutCallerActionOrRoleIsDenied(t *testing.T) {
	trust := Named{Name: "trust", Policy: mustParse(t, `{"Statement":{"Effect":"Allow","NotAction":"sts:TagSession",`+
		`"Principal":{"AWS":"*","Service":"ec2.amazonaws.com"}}}`, Trust)}
	service := Caller{Service: "ec2.amazonaws.com"}
	tests := map[string]struct {
		change func(*Request)
		want   Effect
	}{
		"nothing":           {func(*Request) {}, Allow},
		"caller":            {func(r *Request) { r.Caller = Caller{} }, ImplicitDeny},
		"caller's ARN":      {func(r *Request) { r.Caller = Caller{Account: account} }, ImplicitDeny},
		"action":            {func(r *Request) { r.Action = "" }, ImplicitDeny},
		"resource":          {func(r *Request) { r.Resource = "" }, ImplicitDeny},
		"nothing, service":  {func(r *Request) { r.Caller = service }, Allow},
		"action, service":   {func(r *Request) { r.Caller, r.Action = service, "" }, ImplicitDeny},
		"resource, service": {func(r *Request) { r.Caller, r.Resource = service, "" }, ImplicitDeny},
	}
	for name, test := range tests {
		r := assume(nil)
		test.change(r)
		if got := DecideTrust(trust, Policies{}, r); got.Effect != test.want {
			t.Errorf("without %s: %+v, want %s", name, got, test.want)
		}
	}
	if got := DecideTrust(Named{}, identityOf(t, assumeAllowed), assume(nil)); got.Effect != ImplicitDeny {
		t.Errorf("without trust policy: %+v, want ImplicitDeny", got)
	}
}
