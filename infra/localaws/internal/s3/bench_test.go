package s3_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/localawstest"
)

const benchSize = 64 << 20 // bytes

// BenchmarkGetObject reads an object under a KMS key; BenchmarkFile, its measure, the same bytes from a handler that copies a file through 64 KiB.
func BenchmarkGetObject(b *testing.B) { read(b, object(b)) }

func BenchmarkFile(b *testing.B) { read(b, file(b)) }

// BenchmarkOverCopy reports the bytes a second of the first over those of the second. Both take turns, and the median of the turns'
// ratios counts.
func BenchmarkOverCopy(b *testing.B) {
	const turns = 11
	ours, copied, buffer := object(b), file(b), make([]byte, 64<<10)
	take := func(request func() *http.Request) float64 {
		began := time.Now()
		readOne(b, request(), buffer)
		return time.Since(began).Seconds()
	}
	for b.Loop() {
		var ratios []float64
		for range turns {
			ratios = append(ratios, take(copied)/take(ours))
		}
		slices.Sort(ratios)
		b.ReportMetric(ratios[turns/2], "over-copy")
	}
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
}

// object makes requests for an object under a KMS key.
func object(b *testing.B) func() *http.Request {
	k := newKit(b, "yellow")
	k.must(k.putUnder(k.root, k.keys["yellow"], "a", strings.Repeat("x", benchSize)))
	return func() *http.Request {
		r := k.request("GET", "/"+bucket+"/a", "")
		if err := k.l.Sign(r, nil, localawstest.Root, "s3"); err != nil {
			b.Fatal(err)
		}
		return r
	}
}

// file makes requests for a file that a handler copies.
func file(b *testing.B) func() *http.Request {
	path := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, benchSize), 0o600); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f, err := os.Open(path)
		if err != nil {
			b.Error(err)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Length", "67108864")
		_, _ = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, make([]byte, 64<<10))
	}))
	b.Cleanup(server.Close)
	return func() *http.Request {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
}

// read reads the answers to requests for benchSize bytes.
func read(b *testing.B, request func() *http.Request) {
	b.SetBytes(benchSize)
	buffer := make([]byte, 64<<10)
	for b.Loop() {
		readOne(b, request(), buffer)
	}
}

func readOne(b *testing.B, request *http.Request, buffer []byte) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{response.Body}, buffer)
	response.Body.Close()
	if n != benchSize || err != nil {
		b.Fatalf("%d bytes, %v", n, err)
	}
}
