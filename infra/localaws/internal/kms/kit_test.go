package kms

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

const account = "000000000000"

// kit is a Service with a clock and a caller, the account's root unless a test sets another one.
type kit struct {
	testing.TB
	db        *bbolt.DB
	directory *identity.Directory
	s         *Service
	now       time.Time
	caller    *identity.Principal
}

func newKit(t testing.TB) *kit {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	k := &kit{TB: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	k.caller = root(t)
	k.reopen()
	k.addRole("Reader", readerID)
	return k
}

const readerID = "AROAREADERREADERREADE"

// addRole makes a role, in place of one of its name.
func (k *kit) addRole(name, id string) {
	k.Helper()
	err := k.directory.Update(func(e *identity.Edit) error {
		e.PutRole(&identity.Role{
			Entity: identity.Entity{Name: name, Path: "/", ID: id, ARN: "arn:aws:iam::" + account + ":role/" + name},
			Trust:  `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		})
		return nil
	})
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kit) reopen() {
	k.Helper()
	directory, err := identity.OpenDirectory(k.db, account)
	if err != nil {
		k.Fatal(err)
	}
	k.directory = directory
	s, err := New(Config{DB: k.db, Directory: directory, Now: func() time.Time { return k.now }})
	if err != nil {
		k.Fatal(err)
	}
	k.s = s
}

func root(t testing.TB) *identity.Principal {
	return &identity.Principal{
		Kind: identity.Root, ARN: "arn:aws:iam::" + account + ":root", Account: account,
		Policies: policies(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`),
	}
}

// session is a session of the role Reader with these statements.
func session(t testing.TB, statements string) *identity.Principal {
	return &identity.Principal{
		Kind: identity.Session, ARN: "arn:aws:sts::" + account + ":assumed-role/Reader/s", Account: account, RoleName: "Reader",
		RoleARN: "arn:aws:iam::" + account + ":role/Reader", RoleID: readerID, UserID: readerID + ":s", Policies: policies(t, statements),
	}
}

func policies(t testing.TB, statements string) policy.Policies {
	t.Helper()
	p, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Policies{Identity: []policy.Named{{Name: "own", Policy: p}}}
}

// values are the members of a request or an answer.
type values = map[string]any

func (k *kit) read(operation string, in any) (*api.Call, error) {
	body, err := json.Marshal(in)
	if err != nil {
		k.Fatal(err)
	}
	return k.readBody(operation, body)
}

func (k *kit) readBody(operation string, body []byte) (*api.Call, error) {
	return k.s.Read(k.Context(), k.request(operation, body))
}

func (k *kit) request(operation string, body []byte) *api.Request {
	return &api.Request{ID: "id", Operation: operation, Body: body, Caller: k.caller, Now: k.now, Account: account, Region: "us-east-1"}
}

// do performs a request as the server does: each permission is decided, then it is answered.
func (k *kit) do(operation string, in any) (values, error) {
	call, err := k.read(operation, in)
	if err != nil {
		return nil, err
	}
	for _, p := range call.Permissions {
		if !k.allows(p) {
			return nil, api.Errorf(400, "AccessDeniedException", "%s on %s", p.Action, p.Resource)
		}
	}
	response, err := call.Answer(k.Context())
	if err != nil || len(response.Body) == 0 {
		return nil, err
	}
	var out values
	return out, json.Unmarshal(response.Body, &out)
}

func (k *kit) allows(p api.Permission) bool {
	r := &policy.Request{Action: p.Action, Resource: p.Resource, Context: p.Context, Caller: k.caller.PolicyCaller()}
	p.Context.Set("aws:PrincipalArn", cmp.Or(k.caller.RoleARN, k.caller.ARN))
	for name, value := range k.caller.Tags {
		p.Context.Set("aws:PrincipalTag/"+name, value)
	}
	if p.KeyPolicy != nil {
		return policy.DecideKey(*p.KeyPolicy, k.caller.Policies, r).Effect == policy.Allow
	}
	return k.caller.Policies.Decide(r).Effect == policy.Allow
}

func (k *kit) must(operation string, in any) values {
	k.Helper()
	out, err := k.do(operation, in)
	if err != nil {
		k.Fatalf("%s %v: %v", operation, in, err)
	}
	return out
}

// fails wants an error of this code, with this text in its message.
func (k *kit) fails(code, text, operation string, in any) {
	k.Helper()
	_, err := k.do(operation, in)
	e, ok := err.(*api.Error) //nolint:errorlint // it is answered as it is
	if !ok || e.Code != code || !strings.Contains(e.Message, text) {
		k.Errorf("%s %v: %v, want %s with %q", operation, in, err, code, text)
	}
}

// as runs do with another caller.
func (k *kit) as(p *identity.Principal, do func()) {
	own := k.caller
	k.caller = p
	defer func() { k.caller = own }()
	do()
}

// create makes a key with tags, given as key, value, key, value, and returns its id.
func (k *kit) create(tags ...string) string {
	k.Helper()
	in := values{}
	var list []values
	for i := 0; i+1 < len(tags); i += 2 {
		list = append(list, values{"TagKey": tags[i], "TagValue": tags[i+1]})
	}
	if list != nil {
		in["Tags"] = list
	}
	return k.must("CreateKey", in)["KeyMetadata"].(map[string]any)["KeyId"].(string)
}

func arnOf(id string) string { return "arn:aws:kms:us-east-1:" + account + ":key/" + id }
