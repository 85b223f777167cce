// Package localawstest starts localaws inside a test, so that a test can check what a policy allows and what it
// denies. It uses no network but its own loopback port.
package localawstest

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/framing"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// Bucket is what takes the place of <bucket> in the policies that Load loads.
const Bucket = "localaws-test"

// Credentials sign requests; SessionToken is empty for the root key.
type Credentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	SessionToken    string `json:"Token"`
}

// Root is the key of the account's root.
var Root = Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

// Local is a running localaws on a loopback port of its own, with a data directory that ends with the
// test. It is safe for concurrent use.
type Local struct {
	URL     string
	Region  string
	Account string

	config localaws.Config
	server atomic.Pointer[localaws.Server]
	log    log
	offset atomic.Int64 // of the clock, in nanoseconds
}

// Start starts localaws and stops it when the test ends.
func Start(t testing.TB) *Local {
	t.Helper()
	return StartGateway(t, nil)
}

// StartGateway starts localaws in front of upstreams, by service, and stops it when the test ends.
func StartGateway(t testing.TB, upstreams map[string]*url.URL) *Local {
	t.Helper()
	return StartWith(t, localaws.Config{Upstreams: upstreams})
}

// StartAt starts localaws on a data directory that is there, and stops it when the test ends.
func StartAt(t testing.TB, data string) *Local {
	t.Helper()
	return StartWith(t, localaws.Config{Data: data})
}

// StartWith starts localaws as c says, and stops it when the test ends. Region, account, log and clock are those of this package; an
// empty c.Data is a directory that ends with the test.
func StartWith(t testing.TB, c localaws.Config) *Local {
	t.Helper()
	if c.Data == "" {
		c.Data = t.TempDir()
	}
	l := &Local{Region: localaws.DefaultRegion, Account: localaws.DefaultAccount, config: c}
	l.config.Region, l.config.Account, l.config.Log, l.config.Now = l.Region, l.Account, &l.log, l.Now
	l.open(t)
	listener := httptest.NewUnstartedServer(framing.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.server.Load().ServeHTTP(w, r)
	})))
	listener.Listener = framing.Listener{Listener: l.server.Load().Listener(listener.Listener)}
	listener.Config.DisableGeneralOptionsHandler = true // as framing.Apply does
	listener.Start()
	l.URL = listener.URL
	t.Cleanup(func() {
		listener.Close()
		if err := l.server.Load().Close(); err != nil {
			t.Errorf("close localaws: %v", err)
		}
	})
	return l
}

func (l *Local) open(t testing.TB) {
	t.Helper()
	server, err := localaws.New(l.config)
	if err != nil {
		t.Fatalf("start localaws: %v", err)
	}
	l.server.Store(server)
}

// Restart closes localaws and opens it again on the same data and URL. No request may be under way.
func (l *Local) Restart(t testing.TB) {
	t.Helper()
	if err := l.server.Load().Close(); err != nil {
		t.Fatalf("close localaws: %v", err)
	}
	l.open(t)
}

// Now is localaws' clock: the real time, moved by Advance.
func (l *Local) Now() time.Time { return time.Now().Add(time.Duration(l.offset.Load())) }

// Advance moves localaws' clock by d. The AWS SDKs sign with the real time: sign by hand (Do) where the
// clocks are more than five minutes apart.
func (l *Local) Advance(d time.Duration) { l.offset.Add(int64(d)) }

// Data is the data directory.
func (l *Local) Data() string { return l.config.Data }

// Load puts the roles of a folder in place, placeholders filled (see localaws.LoadRoles): os.DirFS("../iam").
func (l *Local) Load(t testing.TB, folder fs.FS) {
	t.Helper()
	roles, err := localaws.LoadRoles(folder, localaws.Values{Region: l.Region, Account: l.Account, Bucket: Bucket, Domain: l.config.SearchDomain})
	if err != nil {
		t.Fatal(err)
	}
	l.PutRoles(t, roles...)
}

// PutRoles creates roles, or replaces their documents (see localaws.Server.PutRoles). It writes nothing to the
// decision log.
func (l *Local) PutRoles(t testing.TB, roles ...localaws.Role) {
	t.Helper()
	if err := l.server.Load().PutRoles(roles); err != nil {
		t.Fatal(err)
	}
}

// Config returns an AWS configuration for the SDK's clients, with the credentials given.
func (l *Local) Config(c Credentials) aws.Config {
	return aws.Config{
		Region: l.Region, BaseEndpoint: aws.String(l.URL), HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			}, nil
		}),
		Retryer: newRetryer,
	}
}

// newRetryer tries again only where the connection broke, which says nothing about localaws. It never tries again
// after an answer of localaws.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = []retry.IsErrorRetryable{retry.RetryableConnectionError{}}
	})
}

// transport is shared: a test may make many clients.
var transport = &http.Transport{MaxIdleConnsPerHost: 64}

// Do signs r by localaws' clock, sends it and returns status and body of the answer.
func (l *Local) Do(t testing.TB, r *http.Request, body []byte, c Credentials, service string) (int, []byte) {
	t.Helper()
	if err := l.Sign(r, body, c, service); err != nil {
		t.Fatalf("sign: %v", err)
	}
	return Send(t, r)
}

// Sign signs r with this body by localaws' clock, for a test that changes it before it sends it.
func (l *Local) Sign(r *http.Request, body []byte, c Credentials, service string) error {
	return sigv4.Sign(r, body, sigv4.Credentials(c), l.Region, service, l.Now())
}

// Send sends r as it is and returns status and body of the answer.
func Send(t testing.TB, r *http.Request) (int, []byte) {
	t.Helper()
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return response.StatusCode, answer.Bytes()
}

// Entries returns the decision log so far.
func (l *Local) Entries(t testing.TB) []localaws.Entry {
	t.Helper()
	var entries []localaws.Entry
	for line := range strings.Lines(l.Log()) {
		var entry localaws.Entry
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("decision log line %s: %v", line, err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// Log returns the decision log so far, as it was written.
func (l *Local) Log() string { return l.log.String() }

// ResetLog forgets the decision log so far.
func (l *Local) ResetLog() { l.log.reset() }

type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *log) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}
