package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// answering is a transport within a bubble: it answers as the handler of the operation does.
type answering struct {
	streamed func(context.Context) io.ReadCloser // the body of GetItem, where set

	mu    sync.Mutex
	by    map[string]http.HandlerFunc
	asked []string
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a.mu.Lock()
	a.asked = append(a.asked, operation)
	answer := a.by[operation]
	a.mu.Unlock()
	if answer == nil {
		answer = text(http.StatusOK, `{}`)
	}
	w := httptest.NewRecorder()
	answer(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := w.Result()
	if operation == "GetItem" && a.streamed != nil {
		response.Body = a.streamed(r.Context())
	}
	return response, nil
}

func (a *answering) set(operation string, by http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.by[operation] = by
}

func (a *answering) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangs answers when until is closed, or not at all.
func hangs(until chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-until:
			_, _ = io.WriteString(w, "{}")
		case <-r.Context().Done():
		}
	}
}

// waits is a table that is described once until is closed.
func waits(until chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		<-until
		keyed("P")(w, r)
	}
}

func keyed(partition string) http.HandlerFunc {
	return text(http.StatusOK, `{"Table":{"TableName":"TTT","TableArn":"a","KeySchema":[{"AttributeName":"`+partition+`","KeyType":"HASH"}]}}`)
}

func newDynamoDB(t *testing.T) (*DynamoDB, *answering) {
	t.Helper()
	d, err := NewDynamoDB(Config{Address: &url.URL{Scheme: "http", Host: "upstream"}, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	a := &answering{by: map[string]http.HandlerFunc{"DescribeTable": keyed("P")}}
	d.endpoint.transport = a
	return d, a
}

func read(t *testing.T, d *DynamoDB, operation, body string) *api.Call {
	t.Helper()
	call, err := d.Read(t.Context(), &api.Request{
		Operation: operation, Body: []byte(body), Account: "000000000000", Region: "us-east-1",
		Header: http.Header{"X-Amz-Target": {"DynamoDB_20120810." + operation}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return call
}

const (
	get    = `{"TableName":"TTT","Key":{"P":{"S":"p"}}}`
	create = `{"TableName":"TTT"}`
)

func wantFailure(t *testing.T, err error, status int, cause error) {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Status != status || !errors.Is(err, cause) {
		t.Errorf("got %v (%v), want status %d because of %v", e, err, status, cause)
	}
}

func TestUpstreamThatHangsIsGivenUpAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		a.set("GetItem", hangs(nil))
		began := time.Now()
		_, err := read(t, d, "GetItem", get).Answer(t.Context())
		if wantFailure(t, err, 500, errLate); time.Since(began) != headerTime {
			t.Errorf("it took %s, want %s", time.Since(began), headerTime)
		}
	})
}

func TestOpenSearchThatHangsIsATimeoutOfTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := NewOpenSearch(Config{Address: &url.URL{Scheme: "http", Host: "upstream"}, Region: "us-east-1"}, "test", false)
		if err != nil {
			t.Fatal(err)
		}
		o.endpoint.transport = &answering{by: map[string]http.HandlerFunc{"": hangs(nil)}}
		call, err := o.Read(t.Context(), &api.Request{HTTP: &api.HTTP{Method: http.MethodGet, Path: "/i/_search"}, Header: http.Header{}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = call.Answer(t.Context())
		if wantFailure(t, err, 504, errLate); time.Since(began) != headerTime {
			t.Errorf("it took %s, want %s", time.Since(began), headerTime)
		}
	})
}

func TestCallerThatGoesAwayIsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		a.set("GetItem", hangs(nil))
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		_, err := read(t, d, "GetItem", get).Answer(ctx)
		wantFailure(t, err, 500, errGone)
	})
}

func TestTableThatIsNotDescribedInTimeIsNotDecidedUpon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		a.set("DescribeTable", hangs(nil))
		began := time.Now()
		_, err := d.Read(t.Context(), &api.Request{Operation: "GetItem", Body: []byte(get), Account: "000000000000", Region: "us-east-1"})
		if wantFailure(t, err, 500, errLate); time.Since(began) != learnTime {
			t.Errorf("it took %s, want %s", time.Since(began), learnTime)
		}
		leaving, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, err = d.Read(leaving, &api.Request{Operation: "GetItem", Body: []byte(get), Account: "000000000000", Region: "us-east-1"})
		wantFailure(t, err, 503, context.DeadlineExceeded)
		time.Sleep(learnTime) // of the bubble: the question ends
	})
}

func TestAnswerThatStallsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		a.streamed = func(ctx context.Context) io.ReadCloser {
			from, to := io.Pipe()
			go func() {
				for range 3 { // each within the time, all of them not
					time.Sleep(stallTime - time.Second)
					_, _ = to.Write([]byte("x"))
				}
				<-ctx.Done()
				to.CloseWithError(ctx.Err())
			}()
			return from
		}
		response, err := read(t, d, "GetItem", get).Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		body, err := io.ReadAll(response.Stream)
		if want := 4*stallTime - 3*time.Second; string(body) != "xxx" || !errors.Is(err, errStalled) || time.Since(began) != want {
			t.Errorf("got %q, %v after %s, want xxx and a stall after %s", body, err, time.Since(began), want)
		}
		response.Stream.Close()
	})
}

func TestSlowReaderIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDynamoDB(t)
		response, err := read(t, d, "GetItem", get).Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * stallTime)
		if body, err := io.ReadAll(response.Stream); string(body) != "{}" || err != nil {
			t.Errorf("got %q, %v, want {}", body, err)
		}
		response.Stream.Close()
	})
}

// TestAnAnswerAtTheVeryEndOfItsTimeIsLate: the timer has fired, and what it starts waits for the lock.
func TestAnAnswerAtTheVeryEndOfItsTimeIsLate(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	late := newDeadline(cancel)
	late.timer.Stop()
	fired := make(chan struct{})
	late.timer = time.AfterFunc(0, func() { close(fired) })
	<-fired
	late.end()
	late.pass()
	if err := context.Cause(ctx); !errors.Is(err, errLate) {
		t.Errorf("the request ended by %v, want %v", err, errLate)
	}

	ctx, cancel = context.WithCancelCause(t.Context())
	newDeadline(cancel).end()
	if err := ctx.Err(); err != nil {
		t.Errorf("an answer in time: %v", err)
	}
}
