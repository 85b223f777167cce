package upstream

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
)

func TestRequestReadByOldKeysIsNotSent(t *testing.T) {
	for name, tc := range map[string]struct {
		after  http.HandlerFunc
		status int // 0: it is sent
	}{
		"the same keys": {keyed("P"), 0},
		"other keys":    {keyed("Q"), 503},
		"no table":      {text(http.StatusBadRequest, `{"__type":"x#ResourceNotFoundException"}`), 503},
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
				a.set("DescribeTable", waits(described))
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
		a.set("DescribeTable", waits(described))
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
