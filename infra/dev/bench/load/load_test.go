package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func requests(n int) []Request {
	all := make([]Request, n)
	for i := range all {
		all[i] = Request{Method: http.MethodPost, Path: "/" + strings.Repeat("x", i), Header: http.Header{"Authorization": {"token"}}, Body: []byte("{}")}
	}
	return all
}

func TestAllRequestsAreSentOverTheGivenConnections(t *testing.T) {
	var mu sync.Mutex
	paths, connections := map[string]bool{}, map[string]bool{}
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Authorization") != "token" || r.ContentLength != 2 {
			t.Errorf("got %v with %d bytes", r.Header, r.ContentLength)
		}
		connections[r.RemoteAddr] = true
		if paths[r.URL.Path] = true; len(paths) == 40 {
			select {
			case <-all:
			default:
				close(all)
			}
		}
	}))
	defer server.Close()
	l, err := New(server.Listener.Addr().String(), requests(40))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-all; stop() }()
	_, err = l.Run(ctx, time.Minute)
	if !errors.Is(err, context.Canceled) || len(paths) != 40 || len(connections) != Connections {
		t.Errorf("%v: %d paths over %d connections, want 40 over %d", err, len(paths), len(connections), Connections)
	}
}

func TestAnyAnswerBut200EndsTheRun(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	defer server.Close()
	l, err := New(server.Listener.Addr().String(), requests(16))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Run(t.Context(), time.Minute); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("got %v, want the status", err)
	}
}

func TestOtherAddressesThanLoopbackAreRefused(t *testing.T) {
	for addr, good := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "192.0.2.1:80": false, "example.com:80": false, "localhost": false} {
		if _, err := New(addr, requests(16)); (err == nil) != good {
			t.Errorf("%s: %v, want allowed %v", addr, err, good)
		}
	}
}
