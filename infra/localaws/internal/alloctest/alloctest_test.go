package alloctest_test

import (
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// failures is a test that counts what is reported.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.n++ }

var sink []byte

func TestBoundReportsWhatTakesTooMuch(t *testing.T) {
	if alloctest.Race {
		t.Skip("nothing is measured with the race detector")
	}
	for name, test := range map[string]struct{ size, takes, want int }{
		"little":                {0, 1000, 0},
		"much for a large text": {1 << 20, 32 << 20, 0},
		"much for a small text": {1 << 10, 2 << 20, 1},
		"much for none":         {0, 3 << 19, 1},
	} {
		var f failures
		alloctest.Bound(&f, test.size, func() { sink = make([]byte, test.takes) })
		if f.n != test.want {
			t.Errorf("%s: %d bytes for %d reported %d times, want %d", name, test.takes, test.size, f.n, test.want)
		}
	}
}
