package s3

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/kms"
)

// body is a body that is what was signed.
type body struct{ *strings.Reader }

func (b body) Size() int64               { return int64(b.Len()) }
func (body) Trailer(string) string       { return "" }
func (b body) All(int64) ([]byte, error) { return io.ReadAll(b) }

// read reads a request whose answer is allowed whatever it asks for.
func read(t *testing.T, s *Service, method, target, text string, headers ...string) *api.Call {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	req := &api.Request{
		HTTP: &api.HTTP{Method: method, Path: path, Query: query, Body: body{strings.NewReader(text)}}, Header: http.Header{}, Caller: &identity.Principal{}, Now: time.Now(),
		Account: "000000000000", Region: "us-east-1", Decide: func(*api.Permission, int) error { return nil },
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	call, err := s.Read(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func newService(t *testing.T) *Service {
	t.Helper()
	directory := t.TempDir()
	db, err := bbolt.Open(filepath.Join(directory, "db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	account, err := identity.OpenDirectory(db, "000000000000")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := kms.New(kms.Config{DB: db, Directory: account})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{DB: db, Directory: filepath.Join(directory, "objects"), Keys: keys, Roles: account})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Policies decide on the tags of an object before it is answered. What was tagged anew in between was not decided.
func TestObjectThatIsTaggedAnewSinceTheDecisionIsNotAnswered(t *testing.T) {
	s := newService(t)
	answer := func(call *api.Call) error {
		response, err := call.Answer(t.Context())
		if err == nil && response.Stream != nil {
			err = response.Stream.Close()
		}
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(answer(read(t, s, "PUT", "/bkt", "")))
	for _, one := range [][]string{
		{"GET", "/bkt/a", ""}, {"HEAD", "/bkt/a", ""}, {"GET", "/bkt/a?tagging", ""}, {"DELETE", "/bkt/a?tagging", ""}, {"GET", "/bkt/a?attributes", "", "X-Amz-Object-Attributes", "ETag"},
		{"PUT", "/bkt/a?tagging", "<Tagging><TagSet/></Tagging>"}, {"PUT", "/bkt/b", "", "X-Amz-Copy-Source", "bkt/a"},
	} {
		must(answer(read(t, s, "PUT", "/bkt/a", "of yellow", "X-Amz-Tagging", "TenantID=yellow")))
		call := read(t, s, one[0], one[1], one[2], one[3:]...)
		must(answer(read(t, s, "PUT", "/bkt/a", "of blue", "X-Amz-Tagging", "TenantID=blue")))
		if e, ok := errors.AsType[*api.Error](answer(call)); !ok || e.Code != "OperationAborted" {
			t.Errorf("%q: %v, want OperationAborted", one, e)
		}
		if err := answer(read(t, s, one[0], one[1], one[2], one[3:]...)); err != nil {
			t.Errorf("control: %q: %v", one, err)
		}
	}
}
