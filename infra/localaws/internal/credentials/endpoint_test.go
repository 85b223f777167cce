package credentials_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

	"example.com/shiptrack/infra/localaws/internal/credentials"
)

const token = "0123456789abcdef-token"

func endpoint(t *testing.T, session *credentials.Session, err error) http.Handler {
	t.Helper()
	e, newErr := credentials.NewEndpoint(token, func(context.Context) (*credentials.Session, error) { return session, err })
	if newErr != nil {
		t.Fatal(newErr)
	}
	return e
}

func TestSDKTakesCredentialsFromTheEndpoint(t *testing.T) {
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	server := httptest.NewServer(endpoint(t, &credentials.Session{AccessKeyID: "ASIA", SecretAccessKey: "s", Token: "t", Expiration: expires}, nil))
	defer server.Close()
	provider := endpointcreds.New(server.URL+credentials.Path, func(o *endpointcreds.Options) { o.AuthorizationToken = token })
	got, err := provider.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIA" || got.SecretAccessKey != "s" || got.SessionToken != "t" || !got.Expires.Equal(expires) {
		t.Fatalf("got %s, %s, %s, %s", got.AccessKeyID, got.SecretAccessKey, got.SessionToken, got.Expires)
	}
	denied := endpointcreds.New(server.URL+credentials.Path, func(o *endpointcreds.Options) { o.AuthorizationToken = "another" })
	if _, err := denied.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "Unauthorized: the Authorization header") {
		t.Fatalf("got %v, want the endpoint's own words", err)
	}
}

func TestEndpointAnswersItsTokenAndPathAlone(t *testing.T) {
	for _, tc := range []struct {
		name, method, path string
		authorization      []string
		status             int
		code               string
	}{
		{"the token", "GET", "/credentials", []string{token}, 200, ""},
		{"no token", "GET", "/credentials", nil, 401, "Unauthorized"},
		{"an empty token", "GET", "/credentials", []string{""}, 401, "Unauthorized"},
		{"another token", "GET", "/credentials", []string{token + "x"}, 401, "Unauthorized"},
		{"its beginning", "GET", "/credentials", []string{token[:len(token)-1]}, 401, "Unauthorized"},
		{"a scheme before it", "GET", "/credentials", []string{"Bearer " + token}, 401, "Unauthorized"},
		{"the token twice", "GET", "/credentials", []string{token, token}, 401, "Unauthorized"},
		{"another path", "GET", "/", []string{token}, 404, "NotFound"},
		{"a path below", "GET", "/credentials/", []string{token}, 404, "NotFound"},
		{"another method", "POST", "/credentials", []string{token}, 405, "MethodNotAllowed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, tc.path, nil)
			r.Host = "127.0.0.1:4567"
			if tc.authorization != nil {
				r.Header["Authorization"] = tc.authorization
			}
			w := httptest.NewRecorder()
			endpoint(t, &credentials.Session{AccessKeyID: "ASIA"}, nil).ServeHTTP(w, r)
			wantAnswer(t, w, tc.status, tc.code)
		})
	}
}

func TestEndpointTellsARefusedRoleFromAnAbsentLocalaws(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"refused": {&credentials.Error{Code: "AccessDenied", Message: "no"}, 502, "AccessDenied"},
		"away":    {&credentials.Error{Code: credentials.Unreachable, Message: "no"}, 503, credentials.Unreachable},
		"other":   {errors.New("secret words"), 503, credentials.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/credentials", nil)
			r.Host = "127.0.0.1:4567"
			r.Header.Set("Authorization", token)
			w := httptest.NewRecorder()
			endpoint(t, nil, tc.err).ServeHTTP(w, r)
			wantAnswer(t, w, tc.status, tc.code)
			if strings.Contains(w.Body.String(), "secret words") {
				t.Fatalf("an inner error was shown: %s", w.Body)
			}
		})
	}
}

func wantAnswer(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if w.Code != status || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d, %v, want %d and no-store: %s", w.Code, w.Header(), status, w.Body)
	}
	if shows := strings.Contains(w.Body.String(), "ASIA"); shows != (status == http.StatusOK) {
		t.Fatalf("credentials in the body: %t with status %d", shows, status)
	}
	if code != "" && !strings.HasPrefix(w.Body.String(), `{"code":"`+code+`","message":"`) {
		t.Fatalf("got %s, want code %s", w.Body, code)
	}
}

func TestEndpointRefusesATokenThatIsEasilyGuessed(t *testing.T) {
	for name, tc := range map[string]struct {
		token string
		ok    bool
	}{
		"sixteen characters":  {"0123456789abcdef", true},
		"fifteen characters":  {"0123456789abcde", false},
		"none":                {"", false},
		"a line feed inside":  {"0123456789\nabcdef", false},
		"a space at its end":  {"0123456789abcdef ", false},
		"a space inside":      {"Bearer 0123456789abcdef", true},
		"beyond ASCII":        {"0123456789abcdéf", false},
		"4096 characters":     {strings.Repeat("x", 4096), true},
		"more than it may be": {strings.Repeat("x", 4097), false},
	} {
		if _, err := credentials.NewEndpoint(tc.token, nil); (err == nil) != tc.ok {
			t.Errorf("%s: got %v, want accepted %t", name, err, tc.ok)
		}
	}
}

func TestListenRefusesAnyAddressBeyondLoopback(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:0": true, "localhost:0": true,
		"0.0.0.0:0": false, "[::]:0": false, ":0": false, "192.0.2.1:0": false, "nonsense": false, "": false,
	} {
		l, err := credentials.Listen(address)
		if err == nil {
			_ = l.Close()
		}
		if (err == nil) != ok {
			t.Errorf("%q: got %v, want accepted %t", address, err, ok)
		}
	}
}

func TestEndpointAnswersItsHostsAlone(t *testing.T) {
	e, err := credentials.NewEndpoint(token, func(context.Context) (*credentials.Session, error) {
		return &credentials.Session{AccessKeyID: "ASIA"}, nil
	}, "task")
	if err != nil {
		t.Fatal(err)
	}
	for host, code := range map[string]string{
		"127.0.0.1:4567": "", "[::1]:4567": "", "localhost:4567": "", "task:4567": "",
		"evil.example:4567": "MisdirectedRequest", "task.evil.example": "MisdirectedRequest", "": "MisdirectedRequest",
	} {
		r := httptest.NewRequest(http.MethodGet, "/credentials", nil)
		r.Host = host
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		status := http.StatusOK
		if code != "" {
			status = http.StatusMisdirectedRequest
		}
		t.Logf("Host %q", host)
		wantAnswer(t, w, status, code)
	}
}
