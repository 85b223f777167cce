package policy

import (
	"strings"
	"testing"
)

// hostilePattern makes a backtracking matcher exponential in n.
func hostilePattern(t testing.TB, n int) (pattern, string) {
	t.Helper()
	p, err := compilePattern(strings.Repeat("a*", n)+"b", syntax{wildcards: true})
	if err != nil {
		t.Fatal(err)
	}
	return p, strings.Repeat("a", 2*n)
}
