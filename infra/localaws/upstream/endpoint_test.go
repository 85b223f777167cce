package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/infra/localaws/api"
)

// answering is a transport within a bubble: it answers as the function of the operation does.
type answering struct {
	by map[string]func(*http.Request) (*http.Response, error)

	mu    sync.Mutex
	asked []string
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a.mu.Lock()
	a.asked = append(a.asked, operation)
	answer := a.by[operation]
	a.mu.Unlock()
	if answer == nil {
		return text(`{}`)(r)
	}
	return answer(r)
}

func (a *answering) set(operation string, by func(*http.Request) (*http.Response, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.by[operation] = by
}

func (a *answering) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func text(body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// hangs answers when until is closed, or not at all.
func hangs(until chan struct{}) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-until:
			return text(`{}`)(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func keyed(partition string) func(*http.Request) (*http.Response, error) {
	return text(`{"Table":{"TableName":"TTT","TableArn":"a","KeySchema":[{"AttributeName":"` + partition + `","KeyType":"HASH"}]}}`)
}

func newDynamoDB(t *testing.T) (*DynamoDB, *answering) {
	t.Helper()
	d, err := NewDynamoDB(Config{Address: &url.URL{Scheme: "http", Host: "upstream"}, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	a := &answering{by: map[string]func(*http.Request) (*http.Response, error){"DescribeTable": keyed("P")}}
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
		a.set("GetItem", func(r *http.Request) (*http.Response, error) {
			from, to := io.Pipe()
			go func() {
				for range 3 { // each within the time, all of them not
					time.Sleep(stallTime - time.Second)
					_, _ = to.Write([]byte("x"))
				}
				<-r.Context().Done()
				to.CloseWithError(r.Context().Err())
			}()
			return &http.Response{StatusCode: 200, Body: from}, nil
		})
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

func TestRequestReadByOldKeysIsNotSent(t *testing.T) {
	for name, tc := range map[string]struct {
		after  func(*http.Request) (*http.Response, error)
		status int // 0: it is sent
	}{
		"the same keys": {keyed("P"), 0},
		"other keys":    {keyed("Q"), 503},
		"no table": {func(r *http.Request) (*http.Response, error) {
			response, err := text(`{"__type":"x#ResourceNotFoundException"}`)(r)
			response.StatusCode = 400
			return response, err
		}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			d, a := newDynamoDB(t)
			reading := read(t, d, "GetItem", get)
			making := read(t, d, "CreateTable", create)
			if _, err := making.Answer(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.set("DescribeTable", tc.after)
			_, err := reading.Answer(t.Context())
			if tc.status != 0 {
				wantFailure(t, err, tc.status, errChanged)
			} else if err != nil {
				t.Error(err)
			}
			if got := slices.Contains(a.all(), "GetItem"); got != (tc.status == 0) {
				t.Errorf("sent: %t, want %t", got, tc.status == 0)
			}
		})
	}
}

func TestChangeOfTablesWaitsForRequestsAndTheyForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		reading, made := make(chan struct{}), make(chan struct{})
		a.set("GetItem", hangs(reading))
		a.set("CreateTable", hangs(made))
		var all sync.WaitGroup
		answer := func(call *api.Call) {
			all.Go(func() {
				if _, err := call.Answer(t.Context()); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		sent := func(want ...string) {
			t.Helper()
			got := slices.DeleteFunc(a.all(), func(o string) bool { return o == "DescribeTable" || o == "ListTagsOfResource" })
			if !slices.Equal(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
		}
		answer(read(t, d, "GetItem", get))
		answer(read(t, d, "CreateTable", create))
		sent("GetItem")
		answer(read(t, d, "PutItem", `{"TableName":"TTT","Item":{"P":{"S":"p"}}}`))
		sent("GetItem")
		close(reading)
		synctest.Wait()
		sent("GetItem", "CreateTable")
		close(made)
		synctest.Wait()
		sent("GetItem", "CreateTable", "PutItem")
		all.Wait()
	})
}

func TestWaitingForAChangeOfTablesEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		made := make(chan struct{})
		a.set("CreateTable", hangs(made))
		making := read(t, d, "CreateTable", create)
		var all sync.WaitGroup
		all.Go(func() { _, _ = making.Answer(t.Context()) })
		synctest.Wait()
		leaving, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, err := read(t, d, "GetItem", get).Answer(leaving)
		wantFailure(t, err, 503, context.DeadlineExceeded)
		close(made)
		all.Wait()
	})
}

func TestDescriptionFromBeforeAChangeIsNotKept(t *testing.T) {
	for name, tc := range map[string]struct {
		changed bool
		want    string
	}{"no change": {false, "P"}, "a change": {true, "Q"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := newDynamoDB(t)
				described := make(chan struct{})
				a.set("DescribeTable", func(r *http.Request) (*http.Response, error) {
					<-described
					return keyed("P")(r)
				})
				go func() { _, _ = d.tables.Schema(t.Context(), "TTT") }()
				synctest.Wait()
				if tc.changed {
					d.tables.forget()
				}
				close(described)
				synctest.Wait()
				a.set("DescribeTable", keyed("Q"))
				if s, err := d.tables.Schema(t.Context(), "TTT"); err != nil || s.Partition != tc.want {
					t.Errorf("got %+v, %v, want %s", s, err, tc.want)
				}
			})
		})
	}
}

func TestManyWhoAskForATableShareOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := newDynamoDB(t)
		described := make(chan struct{})
		a.set("DescribeTable", func(r *http.Request) (*http.Response, error) {
			<-described
			return keyed("P")(r)
		})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { read(t, d, "GetItem", get) })
		}
		synctest.Wait()
		close(described)
		all.Wait()
		if got := a.all(); !slices.Equal(got, []string{"DescribeTable", "ListTagsOfResource"}) {
			t.Errorf("asked %v, want once", got)
		}
	})
}
