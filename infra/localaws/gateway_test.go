package localaws_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/internal/upstream"
)

// connection is a caller's connection that notes its deadlines.
type connection struct {
	*httptest.ResponseRecorder
	reads, writes []time.Time
}

func (c *connection) SetReadDeadline(at time.Time) error {
	c.reads = append(c.reads, at)
	return nil
}

func (c *connection) SetWriteDeadline(at time.Time) error {
	c.writes = append(c.writes, at)
	return nil
}

func TestOnlyAuthenticatedRequestsToAGatewayMayTakeLong(t *testing.T) {
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"TableNames":[]}`)
	}))
	t.Cleanup(back.Close)
	u, err := url.Parse(back.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name      string
		upstreams map[string]*url.URL
		secret    string
		status    int
		patient   bool
	}{
		{"gateway", map[string]*url.URL{"dynamodb": u}, "test", 200, true},
		{"gateway, wrong secret", map[string]*url.URL{"dynamodb": u}, "toast", 400, false},
		{"no gateway", nil, "test", 200, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := localaws.New(localaws.Config{Data: t.TempDir(), Upstreams: tc.upstreams})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
			r.Host = "localhost"
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
			key := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: tc.secret}
			if err := sigv4.Sign(r, []byte("{}"), key, "us-east-1", "dynamodb", time.Now()); err != nil {
				t.Fatal(err)
			}
			c := &connection{ResponseRecorder: httptest.NewRecorder()}
			earliest := time.Now().Add(upstream.MaxAnswer)
			s.ServeHTTP(c, r)
			if c.Code != tc.status {
				t.Errorf("got %d %s, want %d", c.Code, c.Body, tc.status)
			}
			patient := len(c.reads) == 2 && c.reads[1].IsZero() && len(c.writes) == 1 && c.writes[0].After(earliest)
			if patient != tc.patient || !tc.patient && len(c.writes) > 0 {
				t.Errorf("deadlines: read %v, write %v, want them moved: %t", c.reads, c.writes, tc.patient)
			}
		})
	}
}

func TestUpstreamThatCannotBeForwardedToIsRefused(t *testing.T) {
	at := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for name, test := range map[string]struct {
		service string
		address *url.URL
		good    bool
	}{
		"as it should be": {"dynamodb", at("http://x:1"), true},
		"sts":             {"sts", at("http://x:1"), false}, "iam": {"iam", at("http://x:1"), false}, "sqs": {"sqs", at("http://x:1"), false},
		"no URL": {"dynamodb", nil, false}, "a path": {"dynamodb", at("http://x:1/path"), false},
		"a password": {"dynamodb", at("http://me:secret@x:1"), false}, "no host": {"dynamodb", at("http://"), false},
	} {
		server, err := localaws.New(localaws.Config{Data: t.TempDir(), Upstreams: map[string]*url.URL{test.service: test.address}})
		if (err == nil) != test.good {
			t.Errorf("%s: got %v, want it accepted: %t", name, err, test.good)
		}
		if err == nil {
			_ = server.Close()
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}
