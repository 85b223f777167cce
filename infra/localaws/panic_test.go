package localaws

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// fakeService answers with what a test says.
type fakeService struct {
	read func(*api.Request) (*api.Call, error)
}

func (fakeService) Protocol() api.Protocol { return api.JSON10 }

func (f fakeService) Read(_ context.Context, r *api.Request) (*api.Call, error) { return f.read(r) }

// serve sends one request, signed by root, to a server whose dynamodb is service.
func serve(t *testing.T, service api.Service) (status int, answer, log string) {
	t.Helper()
	var out bytes.Buffer
	s, err := New(Config{Data: t.TempDir(), Log: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	s.routes["dynamodb"] = route{service: service, target: func(operation string) string { return "DynamoDB_20120810." + operation }, limit: bodyLimit(1 << 10)}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("the body"))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	root := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := sigv4.Sign(r, []byte("the body"), root, "us-east-1", "dynamodb", time.Now()); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String(), out.String()
}

func allowed(answer func(context.Context) (*api.Response, error)) fakeService {
	return fakeService{func(*api.Request) (*api.Call, error) {
		return &api.Call{Permissions: []api.Permission{{Action: "dynamodb:GetItem", Resource: "*"}}, Answer: answer}, nil
	}}
}

func TestPanicIsAnInternalFailureThatHidesTheBody(t *testing.T) {
	for name, service := range map[string]fakeService{
		"reading":   {func(r *api.Request) (*api.Call, error) { panic(string(r.Body)) }},
		"answering": allowed(func(context.Context) (*api.Response, error) { panic(errors.New("the body")) }),
		"runtime":   allowed(func(context.Context) (*api.Response, error) { var r *api.Request; _ = r.Body; return nil, nil }),
	} {
		status, answer, log := serve(t, service)
		if status != 500 || !strings.Contains(answer, `"com.amazon.coral.service#InternalFailure"`) {
			t.Errorf("%s: %d %s, want 500 InternalFailure", name, status, answer)
		}
		if strings.Contains(log, "the body") || !strings.Contains(log, `"stack":"`) || strings.Contains(answer, "goroutine") {
			t.Errorf("%s: answer %s, log %s", name, answer, log)
		}
	}
}

func TestCallThatAsksForNothingIsDenied(t *testing.T) {
	ok := func(context.Context) (*api.Response, error) { return &api.Response{Body: []byte("{}")}, nil }
	for _, test := range []struct {
		free   bool
		status int
	}{{true, 200}, {false, 400}} {
		status, answer, log := serve(t, fakeService{func(*api.Request) (*api.Call, error) {
			return &api.Call{Free: test.free, Answer: ok}, nil
		}})
		if status != test.status || test.status != 200 && (!strings.Contains(answer, "AccessDeniedException") || !strings.Contains(log, `"decision":"deny"`)) {
			t.Errorf("free %v: %d %s, want %d", test.free, status, answer, test.status)
		}
	}
}

func TestErrorOfAServiceStaysInside(t *testing.T) {
	status, answer, log := serve(t, allowed(func(context.Context) (*api.Response, error) { return nil, errors.New("disk on fire") }))
	if status != 500 || strings.Contains(answer, "fire") || !strings.Contains(log, "disk on fire") {
		t.Errorf("%d %s, log %s: want 500, the reason in the log alone", status, answer, log)
	}
	status, answer, log = serve(t, fakeService{func(*api.Request) (*api.Call, error) { return nil, errors.New("disk on fire") }})
	if status != 500 || strings.Contains(answer, "fire") || !strings.Contains(log, "disk on fire") {
		t.Errorf("reading: %d %s, log %s: want 500, the reason in the log alone", status, answer, log)
	}
	conflict := &api.Error{Status: 400, Code: "ConditionalCheckFailedException", Message: "no", Namespace: "com.amazonaws.dynamodb.v20120810"}
	status, answer, _ = serve(t, allowed(func(context.Context) (*api.Response, error) { return nil, conflict }))
	if want := `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no"}`; status != 400 || answer != want {
		t.Errorf("%d %s, want 400 %s", status, answer, want)
	}
}

// TestEveryPermissionIsDecided: one denied among allowed ones denies the call, wherever it stands, and all
// are logged. The answer is not asked for.
func TestEveryPermissionIsDecided(t *testing.T) {
	for _, order := range [][]string{{"dynamodb:GetItem"}, {"dynamodb:GetItem", ""}, {"", "dynamodb:GetItem"}} {
		answered := false
		status, _, log := serve(t, fakeService{func(*api.Request) (*api.Call, error) {
			call := &api.Call{Answer: func(context.Context) (*api.Response, error) {
				answered = true
				return &api.Response{}, nil
			}}
			for _, action := range order { // an empty action is never allowed
				call.Permissions = append(call.Permissions, api.Permission{Action: action, Resource: "*"})
			}
			return call, nil
		}})
		if wantAllowed := len(order) == 1; answered != wantAllowed || (status == 200) != wantAllowed {
			t.Errorf("%q: status %d, answered %v", order, status, answered)
		}
		if got := strings.Count(log, "\n"); got != len(order) {
			t.Errorf("%q: %d log lines, want %d", order, got, len(order))
		}
	}
}
