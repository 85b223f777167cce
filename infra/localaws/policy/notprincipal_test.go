package policy

import "testing"

// IAM User Guide, "AWS JSON policy elements: NotPrincipal", "Key points".
func TestNotPrincipalSparesWhomItListsWithTheAccount(t *testing.T) {
	const (
		root = `"arn:aws:iam::000000000000:root"`
		user = `"arn:aws:iam::000000000000:user/ana"`
		role = `"` + serviceRole + `"`
		task = `"` + serviceSession + `"`
	)
	callers := map[string]Caller{
		"user":    {ARN: "arn:aws:iam::000000000000:user/ana", Account: account},
		"session": {ARN: serviceSession, RoleARN: serviceRole, Account: account},
		"root":    {ARN: "arn:aws:iam::000000000000:root", Account: account},
		"service": {Service: "ecs-tasks.amazonaws.com"},
	}
	every := Named{Name: "every", Policy: mustParse(t, documentOf(current, `"Effect":"Allow","Action":"*","Resource":"*"`), Identity)}
	for name, test := range map[string]struct {
		list    string
		caller  string
		bounded bool
		want    Effect
	}{
		"user and account":                       {user + "," + root, "user", false, Allow},
		"user alone":                             {user, "user", false, ExplicitDeny},
		"account alone":                          {root, "user", false, ExplicitDeny},
		"another user and account":               {`"arn:aws:iam::000000000000:user/bea",` + root, "user", false, ExplicitDeny},
		"user and another account":               {user + `,"111122223333"`, "user", false, ExplicitDeny},
		"user and account, with a boundary":      {user + "," + root, "user", true, ExplicitDeny},
		"everybody, with a boundary":             {`"*"`, "user", true, ExplicitDeny},
		"everybody":                              {`"*"`, "user", false, Allow},
		"session, role and account":              {task + "," + role + "," + root, "session", false, Allow},
		"session, role, account with a boundary": {task + "," + role + "," + root, "session", true, ExplicitDeny},
		"role and account":                       {role + "," + root, "session", false, ExplicitDeny},
		"session and account":                    {task + "," + root, "session", false, ExplicitDeny},
		"session and role":                       {task + "," + role, "session", false, ExplicitDeny},
		"root":                                   {root, "root", false, Allow},
		"root, another account":                  {`"111122223333"`, "root", false, ExplicitDeny},
		"a service":                              {root, "service", false, ExplicitDeny},
	} {
		own := Policies{Identity: []Named{every}}
		if test.bounded {
			own.Boundary = &every
		}
		caller := callers[test.caller]
		statements := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*","Service":"ecs-tasks.amazonaws.com"},"Action":"s3:*","Resource":"*"},
			{"Effect":"Deny","NotPrincipal":{"AWS":[` + test.list + `]},"Action":"s3:GetObject","Resource":"*"}]}`
		bucket := Named{Name: "bucket", Policy: mustParse(t, statements, Resource)}
		r := &Request{Action: "s3:GetObject", Resource: bucketObject, Caller: caller}
		if got := DecideResource(bucket, account, own, r).Effect; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if got := DecideKey(bucket, own, r).Effect; got != test.want {
			t.Errorf("%s: of a key %s, want %s", name, got, test.want)
		}
		r.Caller.Bounded = test.bounded
		matches := bucket.Matches(r)
		if denied := matches[len(matches)-1].Effect == ExplicitDeny; denied != (test.want == ExplicitDeny) {
			t.Errorf("%s: matches %+v, want %s", name, matches, test.want)
		}
		if r.Action = "s3:PutObject"; DecideResource(bucket, account, own, r).Effect != Allow {
			t.Errorf("%s: another action is denied", name)
		}
	}
}

// TestNotPrincipalSparesByTheUniqueID: a user or a role that was made anew under the name of one that was deleted, or renamed to it, is
// another principal. One that was renamed stays the same.
func TestNotPrincipalSparesByTheUniqueID(t *testing.T) {
	user := func(id string) Caller { return Caller{ARN: userNamed, ID: id, Account: account} }
	role := func(id string) Caller {
		return Caller{ARN: serviceSession, RoleARN: serviceRole, ID: id + ":task", RoleID: id, Account: account}
	}
	renamed := Caller{ARN: userNamed + "2", ID: userID, Account: account}
	const anotherUser = "AIDABBBBBBBBBBBBBBBBB"
	byName := map[string]string{userNamed: userID, serviceRole: oldID, serviceSession: oldID + ":task"}
	for name, test := range map[string]struct {
		list   string
		ids    map[string]string
		caller Caller
		want   Effect
	}{
		"the user":             {userNamed, byName, user(userID), Allow},
		"the user made anew":   {userNamed, byName, user(anotherUser), ExplicitDeny},
		"the user renamed":     {userNamed, byName, renamed, Allow},
		"the user's id":        {userID, nil, user(userID), Allow},
		"another user's id":    {userID, nil, user(anotherUser), ExplicitDeny},
		"a user without an id": {userNamed, byName, user(""), ExplicitDeny},
		"the session":          {serviceSession + `","` + serviceRole, byName, role(oldID), Allow},
		"the role made anew":   {serviceSession + `","` + serviceRole, byName, role(newID), ExplicitDeny},
		"the ids":              {oldID + `:task","` + oldID, nil, role(oldID), Allow},
		"another role's ids":   {oldID + `:task","` + oldID, nil, role(newID), ExplicitDeny},
	} {
		key := Named{Name: "key", Policy: mustParse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*"},
			{"Effect":"Deny","NotPrincipal":{"AWS":["`+test.list+`","`+account+`"]},"Action":"kms:*","Resource":"*"}]}`, Key).Bind(test.ids)}
		r := &Request{Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-1:000000000000:key/k", Caller: test.caller}
		if got := DecideKey(key, Policies{}, r).Effect; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestExplanationKnowsOfTheBoundaryThatNotPrincipalDenies(t *testing.T) {
	key := resourceOf(t, `"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::000000000000:user/ana","000000000000"]},"Action":"s3:*","Resource":"*"`)
	if misses := ExplainResource(key, Policies{}, userRequest()); len(misses) != 1 || misses[0].Element != "Principal" {
		t.Errorf("without a boundary: %v, want a miss of the principal", misses)
	}
	bounded := Policies{Boundary: &Named{Name: "boundary", Policy: mustParse(t, goodIdentity, Identity)}}
	for _, miss := range ExplainResource(key, bounded, userRequest()) {
		if miss.Element == "Principal" {
			t.Errorf("with a boundary: %v", miss)
		}
	}
}

func TestServicesAreDecidedByTheResourcePolicy(t *testing.T) {
	for name, test := range map[string]struct {
		members string
		want    Effect
	}{
		"named":          {`"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"}`, Allow},
		"another":        {`"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"}`, ImplicitDeny},
		"everybody":      {`"Effect":"Allow","Principal":{"AWS":"*"}`, ImplicitDeny},
		"everyone named": {`"Effect":"Deny","Principal":"*"`, ExplicitDeny},
	} {
		bucket := resourceOf(t, test.members+`,"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"`)
		r := &Request{Action: "s3:PutObject", Resource: bucketObject, Caller: Caller{Service: "logging.s3.amazonaws.com"}}
		if got := DecideResource(bucket, account, Policies{}, r); got.Effect != test.want {
			t.Errorf("%s: %+v, want %s", name, got, test.want)
		}
	}
}

func TestResourceWithoutAPolicyIsClosedToOtherAccounts(t *testing.T) {
	own := identityOf(t, documentOf(current, `"Effect":"Allow","Action":"s3:*","Resource":"*"`))
	deny := identityOf(t, documentOf(current, `"Effect":"Deny","Action":"s3:*","Resource":"*"`))
	for name, test := range map[string]struct {
		owner string
		own   Policies
		want  Decision
	}{
		"own account":                      {account, own, Decision{Effect: Allow, Statement: Statement{Policy: "Role/Policy"}}},
		"own account, nothing of its own":  {account, Policies{}, Decision{Layer: layerIdentity}},
		"another account":                  {"111122223333", own, Decision{Layer: layerResource}},
		"another account, its own Deny":    {"111122223333", deny, Decision{Effect: ExplicitDeny, Statement: Statement{Policy: "Role/Policy"}, Layer: layerIdentity}},
		"another account, nothing its own": {"111122223333", Policies{}, Decision{Layer: layerResource}},
	} {
		if got := DecideResource(Named{}, test.owner, test.own, userRequest()); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	for arn, want := range map[string]string{table: account, bucketObject: "", "*": "", "arn:aws:iam::aws:policy/ReadOnlyAccess": "", "arn:aws:iam::111122223333:role/a:b": "111122223333"} {
		if got := ResourceAccount(arn); got != want {
			t.Errorf("ResourceAccount(%q) = %q, want %q", arn, got, want)
		}
	}
}
