package upstream_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/internal/upstream"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	notesTable = `{"Table":{"TableName":"Notes","TableArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Notes",` +
		`"KeySchema":[{"AttributeName":"TenantID","KeyType":"HASH"},{"AttributeName":"NoteID","KeyType":"RANGE"}],` +
		`"GlobalSecondaryIndexes":[{"IndexName":"ByOwner","KeySchema":[{"AttributeName":"HeldBy","KeyType":"HASH"}]}],` +
		`"LocalSecondaryIndexes":[{"IndexName":"ByDate","KeySchema":[{"AttributeName":"TenantID","KeyType":"HASH"},{"AttributeName":"Date","KeyType":"RANGE"}]}]}}`
	noTable = `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}`

	getYellow = `{"TableName":"Notes","Key":{"TenantID":{"S":"yellow"},"NoteID":{"S":"1001"}}}`
	getBlue   = `{"TableName":"Notes","Key":{"TenantID":{"S":"blue"},"NoteID":{"S":"1001"}}}`
)

// arrival is a request as it reached the fake.
type arrival struct {
	operation string
	header    http.Header
	body      string
	signed    *sigv4.Signed
	err       error // of the signature
}

// fake is an upstream that records what arrives. It holds the table Notes unless answers say
// otherwise, and answers every other operation with {}.
type fake struct {
	url     *url.URL
	answers map[string]http.HandlerFunc // by operation; set before the first request

	mu       sync.Mutex
	arrivals []arrival
}

func startFake(t *testing.T, answers map[string]http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{answers: map[string]http.HandlerFunc{
		"DescribeTable": says(200, notesTable), "ListTagsOfResource": says(200, `{"Tags":[]}`),
		"ListTables": says(200, `{"TableNames":[]}`),
	}}
	for operation, answer := range answers {
		f.answers[operation] = answer
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = address(t, server.URL)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signed, err := sigv4.Verify(r, body, sigv4.Options{Now: time.Now(), Secret: func(id, token string) (*sigv4.Secret, error) { return sigv4.NewSecret("test"), nil }})
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.mu.Lock()
	f.arrivals = append(f.arrivals, arrival{operation, r.Header.Clone(), string(body), signed, err})
	f.mu.Unlock()
	if answer := f.answers[operation]; answer != nil {
		answer(w, r)
		return
	}
	says(200, `{}`)(w, r)
}

// forwarded are the operations that arrived, but those by which the gateway learns a table.
func (f *fake) forwarded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	operations := []string{}
	for _, a := range f.arrivals {
		if !slices.Contains([]string{"DescribeTable", "ListTagsOfResource"}, a.operation) {
			operations = append(operations, a.operation)
		}
	}
	return operations
}

func (f *fake) count(operation string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.arrivals {
		if a.operation == operation {
			n++
		}
	}
	return n
}

func (f *fake) last() arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.arrivals[len(f.arrivals)-1]
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func address(t testing.TB, text string) *url.URL {
	t.Helper()
	addresses, err := upstream.ParseAddresses([]string{text})
	if err != nil {
		t.Fatal(err)
	}
	return addresses["dynamodb"]
}

// gate is a gateway with the roles of a notes service.
func gate(t testing.TB, to *url.URL) *localawstest.Local {
	t.Helper()
	g := localawstest.StartGateway(t, map[string]*url.URL{"dynamodb": to})
	g.Load(t, os.DirFS("../../localawstest/testdata/notes"))
	return g
}

// sessionOf is a tenant's session, as the notes service gets it.
func sessionOf(t testing.TB, g *localawstest.Local, tenant string) localawstest.Credentials {
	t.Helper()
	return g.Session(t, g.RoleCredentials(t, "NotesService", "task"), "NotesReader", tenant+"@test", map[string]string{"TenantID": tenant})
}

// answered is an answer as a caller got it.
type answered struct {
	status int
	code   string // of an error
	header http.Header
	body   string
	err    error // of reading it
}

// call sends one operation; change may add to the request before it is signed, spoil after.
func call(t testing.TB, g *localawstest.Local, by localawstest.Credentials, operation, body string, change, spoil func(*http.Request)) answered {
	t.Helper()
	r := signed(t, g, by, operation, body, change)
	if spoil != nil {
		spoil(r)
	}
	response, err := client.RoundTrip(r)
	if err != nil {
		return answered{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	a := answered{status: response.StatusCode, header: response.Header, body: string(text), err: err}
	var wrong struct {
		Type string `json:"__type"`
	}
	if a.status != http.StatusOK && json.Unmarshal(text, &wrong) == nil {
		a.code = wrong.Type[strings.LastIndexByte(wrong.Type, '#')+1:]
	}
	return a
}

func signed(t testing.TB, g *localawstest.Local, by localawstest.Credentials, operation, body string, change func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	if change != nil {
		change(r)
	}
	if err := sigv4.Sign(r, []byte(body), sigv4.Credentials(by), g.Region, "dynamodb", g.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

// client leaves bodies as they come.
var client = &http.Transport{DisableCompression: true}

func (a answered) want(t testing.TB, status int, code string) {
	t.Helper()
	if a.status != status || a.code != code || a.err != nil {
		t.Errorf("got %d %q %s (%v), want %d %q", a.status, a.code, a.body, a.err, status, code)
	}
}

// logged is the last line of the decision log.
func logged(t testing.TB, g *localawstest.Local) localaws.Entry {
	t.Helper()
	entries := g.Entries(t)
	return entries[len(entries)-1]
}
