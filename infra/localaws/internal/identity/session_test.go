package identity

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/policy"
)

const (
	testTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	testAllow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}`
)

func openDB(t testing.TB, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newTestSessions(t testing.TB) (*Sessions, *Directory) {
	t.Helper()
	directory, err := OpenDirectory(openDB(t, filepath.Join(t.TempDir(), "db")), "000000000000")
	if err != nil {
		t.Fatal(err)
	}
	if err := directory.Update(func(e *Edit) error {
		e.PutRole(testRole())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sessions, err := NewSessions(SessionsConfig{Account: "000000000000", Directory: directory, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	return sessions, directory
}

func testRole() *Role {
	return &Role{
		Entity: Entity{
			Name: "Access", Path: "/", ID: NewID("AROA", 17), ARN: "arn:aws:iam::000000000000:role/Access",
			Inline: []Document{{Name: "Read", Text: testAllow}},
		},
		MaxSession: 3600, Trust: testTrust,
	}
}

func grant(directory *Directory, now time.Time) Grant {
	return Grant{
		Role: directory.Snapshot().Role("access"), SessionName: "yellow@1", Tags: []Tag{{"TenantID", "yellow"}},
		TransitiveKeys: []string{"TenantID"}, Chained: true, IssuedAt: now, Expires: now.Add(time.Hour),
	}
}

func TestSessionEndsAtTheSecondThatItsCredentialsSay(t *testing.T) {
	sessions, directory := newTestSessions(t)
	now := time.Unix(1700000000, 999).UTC()
	c, err := sessions.Issue(grant(directory, now))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, c.Expires.Add(-time.Nanosecond)); err != nil {
		t.Errorf("just before the end: %v", err)
	}
	if _, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, c.Expires); !errors.Is(err, ErrExpired) {
		t.Errorf("at the end: %v, want ErrExpired", err)
	}
}

func TestSessionPolicyIsALayerOfTheSession(t *testing.T) {
	sessions, directory := newTestSessions(t)
	now := time.Now()
	allowed := func(sessionPolicy string) policy.Effect {
		g := grant(directory, now)
		g.Policy = sessionPolicy
		c, err := sessions.Issue(g)
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now)
		if err != nil {
			t.Fatal(err)
		}
		return p.Policies.Decide(&policy.Request{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:x:1:table/T", Context: new(policy.Context)}).Effect
	}
	for document, want := range map[string]policy.Effect{
		"": policy.Allow, testAllow: policy.Allow, strings.Replace(testAllow, "GetItem", "PutItem", 1): policy.ImplicitDeny,
		strings.Replace(testAllow, "Allow", "Deny", 1): policy.ExplicitDeny,
	} {
		if got := allowed(document); got != want {
			t.Errorf("session policy %q: %v, want %v", document, got, want)
		}
	}
}

// TestStoredDocumentThatDoesNotParseIsAStartUpError: it is never left out, which could only lose a Deny.
func TestStoredDocumentThatDoesNotParseIsAStartUpError(t *testing.T) {
	good := `{"name":"Access","path":"/","id":"AROA1","arn":"arn:aws:iam::000000000000:role/Access","created":"2026-01-01T00:00:00Z","maxSession":3600,"trust":` + quote(testTrust)
	for name, test := range map[string]struct {
		record string
		ok     bool
	}{
		"as it should be":            {good + `,"inline":[{"name":"Read","text":` + quote(testAllow) + `}]}`, true},
		"trust that does not parse":  {strings.Replace(good, "ecs-tasks", `\\u0000\"`, 1) + `}`, false},
		"inline that does not parse": {good + `,"inline":[{"name":"Read","text":"{}"}]}`, false},
		"attached that is missing":   {good + `,"attached":["arn:aws:iam::000000000000:policy/Missing"]}`, false},
		"boundary that is missing":   {good + `,"boundary":"arn:aws:iam::000000000000:policy/Missing"}`, false},
		"not JSON":                   {good, false},
	} {
		db := openDB(t, filepath.Join(t.TempDir(), "db"))
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket(rolesBucket)
			if err != nil {
				return err
			}
			return b.Put([]byte("access"), []byte(test.record))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDirectory(db, "000000000000"); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

func TestUpdateThatFailsChangesNothing(t *testing.T) {
	_, directory := newTestSessions(t)
	before := directory.Snapshot()
	role := before.Role("Access").Clone()
	role.Inline[0].Text = "{}"
	err := directory.Update(func(e *Edit) error {
		e.PutRole(role)
		return nil
	})
	if _, malformed := errors.AsType[*policy.MalformedError](err); !malformed {
		t.Errorf("got %v, want a MalformedError", err)
	}
	if directory.Snapshot() != before || before.Role("Access").Inline[0].Text != testAllow {
		t.Error("the failed update changed the directory")
	}
}

func TestSnapshotDoesNotChangeUnderItsReader(t *testing.T) {
	_, directory := newTestSessions(t)
	before := directory.Snapshot()
	if err := directory.Update(func(e *Edit) error {
		e.RemoveRole("ACCESS")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if before.Role("Access") == nil || directory.Snapshot().Role("Access") != nil {
		t.Error("want the role in the old snapshot and not in the new one")
	}
}

func BenchmarkResolve(b *testing.B) {
	sessions, directory := newTestSessions(b)
	now := time.Now()
	c, err := sessions.Issue(grant(directory, now))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now); err != nil {
			b.Fatal(err)
		}
	}
}
