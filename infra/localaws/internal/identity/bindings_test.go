package identity

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

const testAccount = "000000000000"

// putRecord stores a record as an earlier version wrote it.
func putRecord(t *testing.T, db *bbolt.DB, bucket []byte, key, record string) {
	t.Helper()
	if err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return b.Put([]byte(key), []byte(record))
	}); err != nil {
		t.Fatal(err)
	}
}

func openDirectory(t *testing.T, db *bbolt.DB) *Directory {
	t.Helper()
	d, err := OpenDirectory(db, testAccount)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func oldRole(name, id, principal string) string {
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}]}`
	return `{"name":"` + name + `","path":"/","id":"` + id + `","arn":"arn:aws:iam::000000000000:role/` + name + `","created":"2026-01-01T00:00:00Z",` +
		`"maxSession":3600,"trust":` + quote(trust) + `}`
}

// TestRolesOfAnEarlierVersionAreBoundOnce: to who has the names then; a later start does not bind them anew.
func TestRolesOfAnEarlierVersionAreBoundOnce(t *testing.T) {
	const taskARN, missingARN = "arn:aws:iam::000000000000:role/Task", "arn:aws:iam::000000000000:role/Missing"
	db := openDB(t, filepath.Join(t.TempDir(), "db"))
	putRecord(t, db, rolesBucket, "access", oldRole("Access", "AROAACCESSACCESSACCES", taskARN))
	putRecord(t, db, rolesBucket, "lost", oldRole("Lost", "AROALOSTLOSTLOSTLOSTL", missingARN))
	putRecord(t, db, rolesBucket, "task", oldRole("Task", "AROATASKTASKTASKTASKT", "000000000000"))
	shown := func(d *Directory, role string) string {
		r := d.Snapshot().Role(role)
		return d.Snapshot().Show(r.Trust, r.Trusted)
	}
	d := openDirectory(t, db)
	lost := shown(d, "Lost")
	if !strings.Contains(shown(d, "Access"), taskARN) || !strings.Contains(lost, `"AROA`) || strings.Contains(lost, missingARN) {
		t.Errorf("Access %s, Lost %s", shown(d, "Access"), lost)
	}
	if err := d.Update(func(e *Edit) error {
		anew := e.Role("Task").Clone()
		anew.ID = NewID("AROA", 17)
		e.PutRole(anew)
		missing := anew.Clone()
		missing.Name, missing.ARN, missing.ID = "Missing", missingARN, NewID("AROA", 17)
		e.PutRole(missing)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !strings.Contains(shown(d, "Access"), `"AROATASKTASKTASKTASKT"`) || shown(d, "Lost") != lost {
			t.Errorf("after they were made anew: Access %s, Lost %s", shown(d, "Access"), shown(d, "Lost"))
		}
		d = openDirectory(t, db)
	}
}

// TestRolesThatWereReadAsAnotherAccountsAreBoundAfterwards: there the principals are foreign, and stay names.
func TestRolesThatWereReadAsAnotherAccountsAreBoundAfterwards(t *testing.T) {
	const taskARN = "arn:aws:iam::000000000000:role/Task"
	db := openDB(t, filepath.Join(t.TempDir(), "db"))
	putRecord(t, db, rolesBucket, "access", oldRole("Access", "AROAACCESSACCESSACCES", taskARN))
	putRecord(t, db, rolesBucket, "task", oldRole("Task", "AROATASKTASKTASKTASKT", "000000000000"))
	if _, err := OpenDirectory(db, "111111111111"); err != nil {
		t.Fatal(err)
	}
	d := openDirectory(t, db)
	if got := d.Snapshot().Role("Access").Trusted[taskARN]; got != "AROATASKTASKTASKTASKT" {
		t.Errorf("bound to %q", got)
	}
}

func TestPolicyOfAnEarlierVersionHasItsOneVersion(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "db"))
	const arn = "arn:aws:iam::000000000000:policy/P"
	putRecord(t, db, policiesBucket, arn, `{"name":"P","path":"/","id":"ANPAPPPPPPPPPPPPPPPPP","arn":"`+arn+`","created":"2026-01-01T00:00:00Z","text":`+quote(testAllow)+`}`)
	for range 2 {
		d := openDirectory(t, db)
		m := d.Snapshot().Policy(arn)
		if v := m.DefaultVersion(); v == nil || v.ID() != "v1" || v.Text != testAllow || !v.Created.Equal(m.Created) || m.Text != "" {
			t.Fatalf("got %+v", m)
		}
		if err := d.Update(func(e *Edit) error {
			m := e.Policy(arn).Clone()
			m.Tags = []Tag{{"a", "b"}}
			e.PutPolicy(m)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewDefaultVersionCountsForEveryoneWhoHasThePolicy: the compiled policies of roles and users are those of the present version.
func TestNewDefaultVersionCountsForEveryoneWhoHasThePolicy(t *testing.T) {
	d := openDirectory(t, openDB(t, filepath.Join(t.TempDir(), "db")))
	m := &ManagedPolicy{Name: "P", Path: "/", ID: NewID("ANPA", 17), ARN: "arn:aws:iam::000000000000:policy/P"}
	m.Default = m.AddVersion(testAllow, time.Unix(0, 0)).Number
	role, user := testRole(), &User{Entity: Entity{Name: "ana", Path: "/", ID: NewID("AIDA", 17), ARN: "arn:aws:iam::000000000000:user/ana", Boundary: m.ARN}}
	role.Attached = []string{m.ARN}
	if err := d.Update(func(e *Edit) error {
		e.PutPolicy(m)
		e.PutRole(role)
		e.PutUser(user)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(func(e *Edit) error {
		changed := e.Policy(m.ARN).Clone()
		changed.Default = changed.AddVersion(strings.Replace(testAllow, "GetItem", "Query", 1), time.Unix(1, 0)).Number
		e.PutPolicy(changed)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	now := d.Snapshot().Policy(m.ARN).compiled.Policy
	if got := d.Snapshot().Role("Access").Policies().Identity[1].Policy; got != now {
		t.Error("the role has another version")
	}
	if got := d.Snapshot().User("ana").Policies().Boundary.Policy; got != now {
		t.Error("the user has another version")
	}
}

// TestKeyOfAUserIsRefusedOnceItIsInactiveOrGone, as a request that it signs is.
func TestKeyOfAUserIsRefusedOnceItIsInactiveOrGone(t *testing.T) {
	sessions, d := newTestSessions(t)
	key := sessions.NewKey(time.Unix(0, 0))
	user := &User{Entity: Entity{
		Name: "ana", Path: "/", ID: NewID("AIDA", 17), ARN: "arn:aws:iam::000000000000:user/ana", Tags: []Tag{{"Team", "blue"}},
	}}
	put := func(keys ...AccessKey) {
		t.Helper()
		if err := d.Update(func(e *Edit) error {
			changed := user.Clone()
			changed.Keys = keys
			e.PutUser(changed)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(key)
	p, secret, err := sessions.Resolve(key.ID, "", time.Unix(0, 0))
	if err != nil || !reflect.DeepEqual(secret, sigv4.NewSecret(sessions.Secret(key.ID))) || p.Kind != IAMUser || p.ARN != user.ARN || p.UserID != user.ID || p.Tags["Team"] != "blue" {
		t.Fatalf("got %+v, %v", p, err)
	}
	inactive := key
	inactive.Active = false
	for name, change := range map[string]func(){
		"inactive": func() { put(inactive) }, "gone": func() { put() }, "another's": func() { put(sessions.NewKey(time.Unix(0, 0))) },
	} {
		change()
		if _, _, err := sessions.Resolve(key.ID, "", time.Unix(0, 0)); err != ErrUnknownKey { //nolint:errorlint // as it is
			t.Errorf("%s: %v", name, err)
		}
	}
	put(key)
	if _, _, err := sessions.Resolve(key.ID, "token", time.Unix(0, 0)); err != ErrUnknownKey { //nolint:errorlint // as it is
		t.Errorf("with a token: %v", err)
	}
}
