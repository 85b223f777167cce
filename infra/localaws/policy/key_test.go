package policy

import "testing"

const (
	keyARN      = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	rootARN     = "arn:aws:iam::000000000000:root"
	keyAnswers  = `"Action":"kms:*","Resource":"*"`
	accountSaid = `"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"` + rootARN + `"},` + keyAnswers
)

// decrypt is a request of the service role's session for a key.
func decrypt() *Request {
	return &Request{Action: "kms:Decrypt", Resource: keyARN, Caller: Caller{ARN: serviceSession, RoleARN: serviceRole, Account: account}}
}

func TestKeyPolicyDecidesFirst(t *testing.T) {
	const role = `"Effect":"Allow","Principal":{"AWS":"` + serviceRole + `"},` + keyAnswers
	own := map[string]string{
		"none": "", "allow": `"Effect":"Allow","Action":"kms:*","Resource":"*"`,
		"deny": `"Effect":"Deny","Action":"kms:*","Resource":"*"`, "other": `"Effect":"Allow","Action":"sqs:*","Resource":"*"`,
	}
	for _, tc := range []struct {
		name, key, identity, boundary string
		want                          Effect
		layer                         string
	}{
		{"the account is named, own allow", accountSaid, "allow", "", Allow, ""},
		{"the account is named, no own allow", accountSaid, "none", "", ImplicitDeny, layerIdentity},
		{"the account is named, own allow beyond the boundary", accountSaid, "allow", "other", ImplicitDeny, layerBoundary},
		{"the account is not named, own allow", `"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},` + keyAnswers, "allow", "", ImplicitDeny, layerResource},
		{"the account is named for another action", `"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:Encrypt","Resource":"*"`, "allow", "", ImplicitDeny, layerResource},
		{"the account is named for another key", `"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:*","Resource":"` + keyARN + `0"`, "allow", "", ImplicitDeny, layerResource},
		{"the role is named, no own allow", role, "none", "", Allow, ""},
		{"the role is named, beyond the boundary", role, "none", "other", ImplicitDeny, layerBoundary},
		{"the role is named, own deny", role, "deny", "", ExplicitDeny, layerIdentity},
		{"the role is named and denied", role + `},{"Effect":"Deny","Principal":"*",` + keyAnswers, "allow", "", ExplicitDeny, layerResource},
		{"all but the role are denied", accountSaid + `},{"Effect":"Deny","NotPrincipal":{"AWS":["` + serviceRole + `","` + serviceSession + `","` + rootARN + `"]},` + keyAnswers, "allow", "", Allow, ""},
		{"own deny without the account", `"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},` + keyAnswers, "deny", "", ExplicitDeny, layerIdentity},
		{"everybody is named", `"Effect":"Allow","Principal":"*",` + keyAnswers, "none", "", Allow, ""},
		{"another account is named", `"Effect":"Allow","Principal":{"AWS":"111111111111"},` + keyAnswers, "allow", "", ImplicitDeny, layerResource},
	} {
		var p Policies
		if text := own[tc.identity]; text != "" {
			p = identityOf(t, documentOf("2012-10-17", text))
		}
		if tc.boundary != "" {
			p.Boundary = &Named{Name: "boundary", Policy: mustParse(t, documentOf("2012-10-17", own[tc.boundary]), Identity)}
		}
		key := resourceOf(t, tc.key)
		got := DecideKey(key, p, decrypt())
		if got.Effect != tc.want || got.Layer != tc.layer {
			t.Errorf("%s: %s by %q, want %s by %q", tc.name, got.Effect, got.Layer, tc.want, tc.layer)
		}
	}
}

func TestKeyPolicyThatMissesIsExplained(t *testing.T) {
	own := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"`))
	for name, tc := range map[string]struct{ key, want string }{
		"principal": {`"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},` + keyAnswers, "Principal"},
		"resource":  {`"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"` + keyARN + `0"`, "Resource"},
		"condition": {`"Effect":"Allow","Principal":"*",` + keyAnswers + `,"Condition":{"StringEquals":{"kms:ViaService":"s3"}}`, "Condition StringEquals kms:ViaService"},
	} {
		misses := ExplainResource(resourceOf(t, tc.key), own, decrypt())
		if len(misses) != 1 || misses[0].Element != tc.want {
			t.Errorf("%s: %+v, want one miss at %s", name, misses, tc.want)
		}
	}
}

func TestRootNeedsTheKeyPolicyAndAssumesNoRole(t *testing.T) {
	root := &Request{Action: "kms:Decrypt", Resource: keyARN, Caller: Caller{ARN: rootARN, Account: account}}
	all := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow","Action":"*","Resource":"*"`))
	if got := DecideKey(resourceOf(t, accountSaid), all, root); got.Effect != Allow {
		t.Errorf("root under the default key policy: %s by %q, want Allow", got.Effect, got.Layer)
	}
	other := resourceOf(t, `"Effect":"Allow","Principal":{"AWS":"`+roleARN+`"},`+keyAnswers)
	if got := DecideKey(other, all, root); got.Effect != ImplicitDeny || got.Layer != layerResource {
		t.Errorf("root under a key policy that does not name it: %s by %q, want ImplicitDeny by resource", got.Effect, got.Layer)
	}
	for _, principal := range []string{`{"AWS":"*"}`, `{"AWS":"` + account + `"}`} {
		asked := assume(nil)
		asked.Caller = root.Caller
		if got := DecideTrust(trustOf(t, principal), all, asked); got.Effect != ImplicitDeny || got.Layer != layerTrust {
			t.Errorf("root and a role that trusts %s: %s by %q, want ImplicitDeny by trust", principal, got.Effect, got.Layer)
		}
	}
}

func TestKeySetOnceIsUnknownWhereTwoSpellingsDiffer(t *testing.T) {
	var c Context
	c.SetOnce("aws:ResourceTag/Team", "a")
	c.SetOnce("aws:ResourceTag/Other", "b")
	c.SetOnce("aws:ResourceTag/team", "c")
	unknown := map[string]bool{}
	c.Each(func(key string, _ []string, isUnknown bool) { unknown[key] = isUnknown })
	if want := map[string]bool{"aws:ResourceTag/Team": true, "aws:ResourceTag/Other": false}; len(unknown) != 2 || !unknown["aws:ResourceTag/Team"] || unknown["aws:ResourceTag/Other"] {
		t.Errorf("unknown keys are %v, want %v", unknown, want)
	}
}
