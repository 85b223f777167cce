package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Documents pass through at once, and all of them are larger together than what this process may hold. Half of each has to
// arrive before any may end.
const (
	concurrent   = 100
	documentSize = 4 << 20
	mostMemory   = 150 << 20
)

// gauge keeps the most memory that was in use when it was read.
type gauge struct{ most atomic.Uint64 }

func (g *gauge) read() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for now, most := m.HeapInuse+m.StackInuse, g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
		continue
	}
}

func (g *gauge) check(t *testing.T) {
	t.Helper()
	t.Logf("at most %d MiB in use for %d documents of %d MiB", g.most.Load()>>20, concurrent, documentSize>>20)
	if g.most.Load() > mostMemory {
		t.Errorf("%d MiB in use, want at most %d", g.most.Load()>>20, mostMemory>>20)
	}
}

// half is a barrier that all documents have to reach.
func half() func() {
	var all sync.WaitGroup
	all.Add(concurrent)
	return func() { all.Done(); all.Wait() }
}

func TestDownloadsTakeLittleMemory(t *testing.T) {
	s := start(t)
	s.tracking.will(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(documentSize))
		piece := make([]byte, 32<<10)
		for range documentSize / len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	var g gauge
	var all sync.WaitGroup
	reached := half()
	for range concurrent {
		all.Go(func() {
			_, body := s.open(t, "GET "+pod+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+s.bearer()+"\r\n\r\n")
			resp, err := http.ReadResponse(body, nil)
			if err != nil {
				t.Error(err)
				reached()
				return
			}
			defer resp.Body.Close()
			n, errFirst := io.CopyN(io.Discard, resp.Body, documentSize/2)
			reached()
			g.read()
			rest, errRest := io.Copy(io.Discard, resp.Body)
			if errFirst != nil || errRest != nil || n+rest != documentSize {
				t.Errorf("%d bytes, %v, %v", n+rest, errFirst, errRest)
			}
		})
	}
	all.Wait()
	g.check(t)
}

func TestUploadsTakeLittleMemory(t *testing.T) {
	s := start(t)
	var g gauge
	reached := half()
	s.tracking.will(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.CopyN(io.Discard, r.Body, documentSize/2)
		reached()
		g.read()
		if n, errRest := io.Copy(io.Discard, r.Body); err != nil || errRest != nil || n != documentSize/2 {
			t.Errorf("%d bytes, %v, %v", n, err, errRest)
		}
		answering(http.StatusCreated, "application/json", fmt.Sprintf(`{"name":"pod.pdf","size":%d,"etag":"\"1\""}`, documentSize))(w, r)
	})
	var all sync.WaitGroup
	for range concurrent {
		all.Go(func() {
			conn, body := s.open(t, fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n", pod, s.bearer(), documentSize))
			piece := make([]byte, 32<<10)
			for range documentSize / len(piece) {
				if _, err := conn.Write(piece); err != nil {
					t.Error(err)
					return
				}
			}
			checkStored(t, body)
		})
	}
	all.Wait()
	g.check(t)
}

func checkStored(t *testing.T, answer *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("stored: %d", resp.StatusCode)
	}
}
