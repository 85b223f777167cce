package policy

import (
	"slices"
	"testing"
)

const (
	oldID, newID = "AROAAAAAAAAAAAAAAAAAA", "AROABBBBBBBBBBBBBBBBB"
	userID       = "AIDAAAAAAAAAAAAAAAAAA"
	userNamed    = "arn:aws:iam::000000000000:user/ana"
)

// TestBoundPrincipalMatchesByItsUniqueID: the name alone is not enough once a policy is bound; one that names the unique id itself
// needs no binding.
func TestBoundPrincipalMatchesByItsUniqueID(t *testing.T) {
	role := func(id string) Caller {
		return Caller{ARN: serviceSession, RoleARN: serviceRole, ID: id + ":" + "task", RoleID: id, Account: account}
	}
	user := func(id string) Caller { return Caller{ARN: userNamed, ID: id, Account: account} }
	for name, test := range map[string]struct {
		principal string
		ids       map[string]string
		caller    Caller
		want      Effect
	}{
		"the role":                        {serviceRole, map[string]string{serviceRole: oldID}, role(oldID), Allow},
		"the role made anew":              {serviceRole, map[string]string{serviceRole: oldID}, role(newID), ImplicitDeny},
		"the role, not bound":             {serviceRole, nil, role(newID), Allow},
		"the role's id":                   {oldID, nil, role(oldID), Allow},
		"another role's id":               {oldID, nil, role(newID), ImplicitDeny},
		"the session":                     {serviceSession, map[string]string{serviceSession: oldID + ":task"}, role(oldID), Allow},
		"the session of the role anew":    {serviceSession, map[string]string{serviceSession: oldID + ":task"}, role(newID), ImplicitDeny},
		"the session's id":                {oldID + ":task", nil, role(oldID), Allow},
		"the user":                        {userNamed, map[string]string{userNamed: userID}, user(userID), Allow},
		"the user made anew":              {userNamed, map[string]string{userNamed: "AIDABBBBBBBBBBBBBBBBB"}, user(userID), ImplicitDeny},
		"the user's id":                   {userID, nil, user(userID), Allow},
		"a caller without id":             {serviceRole, map[string]string{serviceRole: oldID}, role(""), ImplicitDeny},
		"bound to the empty id, no match": {serviceRole, map[string]string{serviceRole: ""}, Caller{ARN: serviceSession, RoleARN: serviceRole, Account: account}, ImplicitDeny},
	} {
		t.Run(name, func(t *testing.T) {
			trust := trustOf(t, `{"AWS":"`+test.principal+`"}`)
			trust.Policy = trust.Policy.Bind(test.ids)
			r := assume(nil)
			r.Caller = test.caller
			if got := DecideTrust(trust, Policies{}, r); got.Effect != test.want {
				t.Errorf("got %v, want %v", got.Effect, test.want)
			}
		})
	}
}

// TestDenyOfARoleMadeAnewIsNotItsDeny: AWS binds the principals of a Deny as well.
func TestDenyOfARoleMadeAnewIsNotItsDeny(t *testing.T) {
	for id, want := range map[string]Effect{oldID: ExplicitDeny, newID: Allow} {
		trust := trustText(t, `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},
			{"Effect":"Deny","Principal":{"AWS":"`+serviceRole+`"},"Action":"sts:AssumeRole"}`)
		trust.Policy = trust.Policy.Bind(map[string]string{serviceRole: oldID})
		r := assume(nil)
		r.Caller.ID, r.Caller.RoleID = id+":task", id
		if got := DecideTrust(trust, Policies{}, r); got.Effect != want {
			t.Errorf("%s: got %v, want %v", id, got.Effect, want)
		}
	}
}

func TestDenialOfARoleMadeAnewNamesBothIDs(t *testing.T) {
	trust := trustOf(t, `{"AWS":"`+serviceRole+`"}`)
	trust.Policy = trust.Policy.Bind(map[string]string{serviceRole: oldID})
	r := assume(nil)
	r.Caller.ID, r.Caller.RoleID = newID+":task", newID
	misses := ExplainTrust(trust, Policies{}, r)
	if len(misses) != 1 || !slices.Equal(misses[0].Want, []string{serviceRole, oldID}) ||
		!slices.Equal(misses[0].Got, []string{serviceSession, serviceRole, newID}) {
		t.Errorf("got %+v", misses)
	}
}

func trustText(t *testing.T, statements string) Named {
	t.Helper()
	p, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`), Trust)
	if err != nil {
		t.Fatal(err)
	}
	return Named{Name: "Role/trust", Policy: p}
}

func TestPrincipalsAreListedAndRenamed(t *testing.T) {
	const document = `{"Statement": [ {"Effect":"Allow","Action":"kms:*","Resource":"*",
		"Principal" : {"AWS": ["` + serviceRole + `", "arn:aws:iam:\u003a000000000000:role\/Other"], "Service":"` + serviceRole + `.com"},
		"Condition":{"ArnEquals":{"aws:PrincipalArn":"` + serviceRole + `"}}},
		{"Effect":"Deny","Action":"kms:*","Resource":"*","NotPrincipal":{"AWS":"` + userNamed + `"}} ] }`
	const want = `{"Statement": [ {"Effect":"Allow","Action":"kms:*","Resource":"*",
		"Principal" : {"AWS": ["` + oldID + `", "` + newID + `"], "Service":"` + serviceRole + `.com"},
		"Condition":{"ArnEquals":{"aws:PrincipalArn":"` + serviceRole + `"}}},
		{"Effect":"Deny","Action":"kms:*","Resource":"*","NotPrincipal":{"AWS":"` + userID + `"}} ] }`
	ids := map[string]string{serviceRole: oldID, "arn:aws:iam::000000000000:role/Other": newID, userNamed: userID}
	if got := RenamePrincipals(document, func(name string) string { return ids[name] }); got != want {
		t.Errorf("got %s", got)
	}
	const keyPolicy = `{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":{"AWS":["` +
		serviceRole + `","` + oldID + `","` + account + `"]}},{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":"*"}]}`
	p, err := Parse([]byte(keyPolicy), Key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Principals(), []string{oldID, serviceRole}; !slices.Equal(got, want) {
		t.Errorf("Principals: got %v, want %v", got, want)
	}
	if got := RenamePrincipals(keyPolicy, func(name string) string { return name }); got != keyPolicy {
		t.Errorf("unchanged: got %s", got)
	}
}
