package policy

import "testing"

const bucketObject = "arn:aws:s3:::bucket/key"

// userRequest is a request of the user ana of the account for an object.
func userRequest() *Request {
	return &Request{Action: "s3:GetObject", Resource: bucketObject, Caller: Caller{ARN: "arn:aws:iam::000000000000:user/ana", Account: account}}
}

func resourceOf(t testing.TB, members string) Named {
	t.Helper()
	return Named{Name: "bucket", Policy: mustParse(t, documentOf("2012-10-17", members), Resource)}
}

func TestResourcePolicyAndOwnPoliciesDecideTogether(t *testing.T) {
	const (
		inside, outside = account, "111111111111"
		getObject       = `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"`
	)
	own := map[string]string{"none": "", "allow": `"Effect":"Allow","Action":"s3:*","Resource":"*"`, "deny": `"Effect":"Deny","Action":"s3:*","Resource":"*"`, "other": `"Effect":"Allow","Action":"sqs:*","Resource":"*"`}
	for _, tc := range []struct {
		name, resource, owner, identity, boundary string
		want                                      Effect
		layer                                     string
	}{
		{"the user is named", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ana"}` + getObject, inside, "none", "", Allow, ""},
		{"the user is named, outside its boundary", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ana"}` + getObject, inside, "none", "other", Allow, ""},
		{"everybody is named", `"Effect":"Allow","Principal":"*"` + getObject, inside, "none", "", Allow, ""},
		{"another is named", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/bea"}` + getObject, inside, "none", "", ImplicitDeny, layerIdentity},
		{"another is named, own allow", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/bea"}` + getObject, inside, "allow", "", Allow, ""},
		{"the account is named", `"Effect":"Allow","Principal":{"AWS":"000000000000"}` + getObject, inside, "none", "", ImplicitDeny, layerIdentity},
		{"the account is named, own allow", `"Effect":"Allow","Principal":{"AWS":"000000000000"}` + getObject, inside, "allow", "", Allow, ""},
		{"own deny", `"Effect":"Allow","Principal":"*"` + getObject, inside, "deny", "", ExplicitDeny, layerIdentity},
		{"deny of the resource", `"Effect":"Deny","Principal":"*"` + getObject, inside, "allow", "", ExplicitDeny, layerResource},
		{"deny of another object", `"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket/other"`, inside, "allow", "", Allow, ""},
		{"deny of all but another", `"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::000000000000:user/bea"}` + getObject, inside, "allow", "", ExplicitDeny, layerResource},
		{"deny of all but the user", `"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::000000000000:user/ana","000000000000"]}` + getObject, inside, "allow", "", Allow, ""},
		{"another account's, named, no own allow", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ana"}` + getObject, outside, "none", "", ImplicitDeny, layerIdentity},
		{"another account's, named, own allow", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ana"}` + getObject, outside, "allow", "", Allow, ""},
		{"another account's, the account named, own allow", `"Effect":"Allow","Principal":{"AWS":"000000000000"}` + getObject, outside, "allow", "", Allow, ""},
		{"another account's, not named, own allow", `"Effect":"Allow","Principal":{"AWS":"222222222222"}` + getObject, outside, "allow", "", ImplicitDeny, layerResource},
	} {
		var p Policies
		if text := own[tc.identity]; text != "" {
			p = identityOf(t, documentOf("2012-10-17", text))
		}
		if tc.boundary != "" {
			p.Boundary = &Named{Name: "boundary", Policy: mustParse(t, documentOf("2012-10-17", own[tc.boundary]), Identity)}
		}
		got := DecideResource(resourceOf(t, tc.resource), tc.owner, p, userRequest())
		if got.Effect != tc.want || got.Layer != tc.layer {
			t.Errorf("%s: %s by %q, want %s by %q", tc.name, got.Effect, got.Layer, tc.want, tc.layer)
		}
	}
}

func TestRoleThatAResourcePolicyNamesStaysWithinItsBoundary(t *testing.T) {
	named := resourceOf(t, `"Effect":"Allow","Principal":{"AWS":"`+serviceRole+`"},"Action":"s3:*","Resource":"*"`)
	r := &Request{Action: "s3:GetObject", Resource: bucketObject, Caller: Caller{ARN: serviceSession, RoleARN: serviceRole, Account: account}}
	other := Named{Name: "limit", Policy: mustParse(t, otherAllowed, Identity)}
	for name, tc := range map[string]struct {
		p     Policies
		want  Effect
		layer string
	}{
		"none":              {Policies{}, Allow, ""},
		"a boundary":        {Policies{Boundary: &other}, ImplicitDeny, layerBoundary},
		"a session policy":  {Policies{Session: []Named{other}}, ImplicitDeny, layerSession},
		"without an owner":  {Policies{}, ImplicitDeny, layerResource},
		"without an action": {Policies{}, ImplicitDeny, layerResource},
	} {
		asked, owner := *r, account
		if name == "without an owner" {
			owner = ""
		}
		if name == "without an action" {
			asked.Action = ""
		}
		if got := DecideResource(named, owner, tc.p, &asked); got.Effect != tc.want || got.Layer != tc.layer {
			t.Errorf("%s: %s by %q, want %s by %q", name, got.Effect, got.Layer, tc.want, tc.layer)
		}
	}
}

func TestMalformedResourcePoliciesAreRefused(t *testing.T) {
	for name, members := range map[string]string{
		"no principal":                `"Effect":"Allow","Action":"s3:*","Resource":"*"`,
		"both":                        `"Effect":"Deny","Principal":"*","NotPrincipal":{"AWS":"000000000000"},"Action":"s3:*","Resource":"*"`,
		"an allow to all but one":     `"Effect":"Allow","NotPrincipal":{"AWS":"000000000000"},"Action":"s3:*","Resource":"*"`,
		"no resource":                 `"Effect":"Allow","Principal":"*","Action":"s3:*"`,
		"a principal that is a text":  `"Effect":"Allow","Principal":"000000000000","Action":"s3:*","Resource":"*"`,
		"a principal that is nothing": `"Effect":"Allow","Principal":{},"Action":"s3:*","Resource":"*"`,
	} {
		if _, err := Parse([]byte(documentOf("2012-10-17", members)), Resource); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	control := `{"Id":"x","Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`
	if _, err := Parse([]byte(control), Resource); err != nil {
		t.Errorf("control: %v", err)
	}
}
