package credentials_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/credentials"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const answer = `{"AccessKeyId":"ASIAX","SecretAccessKey":"s","Token":"t","Expiration":"2026-03-01T13:00:00.5Z","RoleArn":"arn:aws:iam::000000000000:role/TrackingServiceRole"}`

// fakeLocalaws answers the role-credentials route to whoever signs as root for the service localaws.
type fakeLocalaws struct {
	*httptest.Server
	status int
	body   string
	query  url.Values // of the last request
	signed *sigv4.Signed
}

func newFake(t *testing.T) *fakeLocalaws {
	t.Helper()
	f := &fakeLocalaws{status: http.StatusOK, body: answer}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed, err := sigv4.Verify(r, nil, sigv4.Options{Now: start, Secret: func(id, token string) (*sigv4.Secret, error) {
			if id != "test" || token != "" {
				return nil, errors.New("not root")
			}
			return sigv4.NewSecret("test"), nil
		}})
		if err != nil || signed.Service != "localaws" || r.Method != http.MethodGet || r.URL.Path != "/_localaws/role-credentials" {
			t.Errorf("got %s %s signed by %+v, %v", r.Method, r.URL.Path, signed, err)
		}
		f.query, f.signed = r.URL.Query(), signed
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, f.body)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeLocalaws) client(t *testing.T, change func(*credentials.Config)) *credentials.Client {
	t.Helper()
	c := credentials.Config{Endpoint: f.URL, Role: "TrackingServiceRole", Now: func() time.Time { return start }}
	if change != nil {
		change(&c)
	}
	client, err := credentials.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *credentials.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
}

func TestClientAsksAsRootForARoleAndASessionName(t *testing.T) {
	f := newFake(t)
	got, err := f.client(t, func(c *credentials.Config) { c.SessionName, c.Region = "laptop", "eu-west-1" }).Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := credentials.Session{AccessKeyID: "ASIAX", SecretAccessKey: "s", Token: "t", Expiration: start.Add(time.Hour),
		RoleARN: "arn:aws:iam::000000000000:role/TrackingServiceRole"}
	if *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	if f.query.Encode() != "role=TrackingServiceRole&session=laptop" || f.signed.Region != "eu-west-1" {
		t.Errorf("got query %v, region %s", f.query, f.signed.Region)
	}
}

func TestSessionNameIsOneTaskForTheClientsLife(t *testing.T) {
	f := newFake(t)
	var names []string
	for range 2 {
		c := f.client(t, nil)
		for range 2 {
			if _, err := c.Fetch(t.Context()); err != nil {
				t.Fatal(err)
			}
			names = append(names, f.query.Get("session"))
		}
	}
	if !regexp.MustCompile(`^task-[0-9a-f]{8}$`).MatchString(names[0]) || names[0] != names[1] || names[0] == names[2] {
		t.Fatalf("got session names %v", names)
	}
}

func TestRefusalOfLocalawsKeepsItsCode(t *testing.T) {
	f := newFake(t)
	f.status, f.body = http.StatusForbidden, `{"code":"AccessDenied","message":"no"}`
	_, err := f.client(t, nil).Fetch(t.Context())
	wantCode(t, err, "AccessDenied")
}

func TestAnswerThatIsNotASessionIsUnreachable(t *testing.T) {
	for name, change := range map[string]func(*fakeLocalaws){
		"not JSON":       func(f *fakeLocalaws) { f.body = "<html>" },
		"trailing data":  func(f *fakeLocalaws) { f.body = answer + "{}" },
		"no key":         func(f *fakeLocalaws) { f.body = strings.Replace(answer, "ASIAX", "", 1) },
		"no secret":      func(f *fakeLocalaws) { f.body = strings.Replace(answer, `"s"`, `""`, 1) },
		"no token":       func(f *fakeLocalaws) { f.body = strings.Replace(answer, `"t"`, `""`, 1) },
		"no role":        func(f *fakeLocalaws) { f.body = strings.Replace(answer, "RoleArn", "Role", 1) },
		"expired":        func(f *fakeLocalaws) { f.body = strings.Replace(answer, "T13:00:00.5", "T12:00:00", 1) },
		"error in plain": func(f *fakeLocalaws) { f.status, f.body = http.StatusBadGateway, "oops" },
		"away":           func(f *fakeLocalaws) { f.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if _, err := f.client(t, nil).Fetch(t.Context()); err != nil {
				t.Fatalf("the positive control failed: %v", err)
			}
			change(f)
			_, err := f.client(t, nil).Fetch(t.Context())
			wantCode(t, err, credentials.Unreachable)
		})
	}
}

func TestClientRefusesWhatIsNoEndpointOrNoRole(t *testing.T) {
	for _, tc := range []struct {
		endpoint, role string
		ok             bool
	}{
		{"http://127.0.0.1:4566", "r", true},
		{"https://localhost/", "r", true},
		{"http://127.0.0.1:4566", "", false},
		{"", "r", false},
		{"127.0.0.1:4566", "r", false},
		{"ftp://127.0.0.1", "r", false},
		{"http://", "r", false},
		{"http://127.0.0.1:4566/path", "r", false},
		{"http://127.0.0.1:4566/?a=b", "r", false},
		{"http://user@127.0.0.1:4566", "r", false},
	} {
		if _, err := credentials.New(credentials.Config{Endpoint: tc.endpoint, Role: tc.role}); (err == nil) != tc.ok {
			t.Errorf("endpoint %q, role %q: got %v, want accepted %t", tc.endpoint, tc.role, err, tc.ok)
		}
	}
}

func TestCanceledFetchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newFake(t).client(t, nil).Fetch(ctx)
	wantCode(t, err, credentials.Unreachable)
}

func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("root's signature was carried elsewhere")
	}))
	defer elsewhere.Close()
	from := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer from.Close()
	c, err := credentials.New(credentials.Config{Endpoint: from.URL, Role: "r"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Fetch(t.Context())
	wantCode(t, err, credentials.Unreachable)
}
