package conformance

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/es"
	"example.com/shiptrack/infra/localaws/internal/es/fault"
)

// endpoint is one OpenSearch.
type endpoint interface {
	name() string
	// do answers one request. What was written before is found by a search.
	do(t testing.TB, method, path, body string) (status int, answer []byte)
}

// embedded is the index of localaws, reached without HTTP.
type embedded struct{ store *es.Store }

func newEmbedded(t testing.TB) embedded {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "es.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return embedded{es.New(db)}
}

func (e embedded) name() string { return "embedded" }

func (e embedded) do(t testing.TB, method, path, body string) (int, []byte) {
	t.Helper()
	a, err := e.route(t, method, path, []byte(body))
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		a, err = es.Answer{Status: f.Status, Body: f.Body()}, nil
	}
	if err != nil {
		t.Fatalf("%s %s %.500s: %v", method, path, body, err)
	}
	text, err := json.Marshal(a.Body, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return a.Status, text
}

func (e embedded) route(t testing.TB, method, path string, body []byte) (es.Answer, error) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch operation := method + " " + strings.Join(parts[1:min(2, len(parts))], ""); operation {
	case "PUT ":
		return e.store.CreateIndex(parts[0], body)
	case "DELETE ":
		return e.store.DeleteIndex(parts[0])
	case "GET _mapping":
		return e.store.GetMapping(parts[0])
	case "GET _search":
		return e.store.Search(parts[0], body)
	case "PUT _doc":
		return e.store.Put(parts[0], parts[2], body)
	case "GET _doc":
		return e.store.Get(parts[0], parts[2])
	case "DELETE _doc":
		return e.store.Delete(parts[0], parts[2])
	default:
		t.Fatalf("%s %s is no request of the scripts", method, path)
		return es.Answer{}, nil
	}
}
