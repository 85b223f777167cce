// Package alloctest bounds in a fuzz target what a parser allocates. It is for parsers that outsiders reach: a small
// text must not take much memory.
package alloctest

import (
	"runtime/metrics"
	"testing"
)

// A case may allocate PerByte bytes for each byte of its input, and Fixed bytes more.
const (
	PerByte = 64
	Fixed   = 1 << 20
)

// Bound runs parse, and reports an error where it allocates more than an input of size bytes may. Garbage counts. Other
// goroutines' allocations count too, and so do tables that are made once: a case that fails is tried twice more.
// With the race detector it only runs parse.
func Bound(t testing.TB, size int, parse func()) {
	t.Helper()
	if Race {
		parse()
		return
	}
	limit := PerByte*uint64(size) + Fixed
	var took uint64
	for range 3 {
		if took = allocated(parse); took <= limit {
			return
		}
	}
	t.Errorf("%d bytes of input took %d bytes of memory, want at most %d", size, took, limit)
}

func allocated(f func()) uint64 {
	before := total()
	f()
	return total() - before
}

// total is what the process has allocated on the heap so far, in bytes.
func total() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
