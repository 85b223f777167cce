package localaws

import (
	"strings"
	"testing"
)

func TestRecentDecisionsAreBoundedInLinesAndBytes(t *testing.T) {
	line := func(id string, bytes int) recentLine {
		return recentLine{requestID: id, text: make([]byte, bytes)}
	}
	for name, tc := range map[string]struct {
		add  []recentLine
		want string // the ids that are still there
	}{
		"within both":           {[]recentLine{line("a", 1), line("b", 1), line("c", 1)}, "abc"},
		"a line too many":       {[]recentLine{line("a", 1), line("b", 1), line("c", 1), line("d", 1)}, "bcd"},
		"as many bytes as fit":  {[]recentLine{line("a", 5), line("b", 5)}, "ab"},
		"a byte too many":       {[]recentLine{line("a", 5), line("b", 6)}, "b"},
		"one that is too large": {[]recentLine{line("a", 5), line("b", 11), line("c", 1)}, "c"},
	} {
		r := recent{maxLines: 3, maxBytes: 10}
		for _, l := range tc.add {
			r.add(l)
		}
		var got strings.Builder
		for _, id := range []string{"a", "b", "c", "d"} {
			if len(r.of(id)) == 1 {
				got.WriteString(id)
			}
		}
		if got.String() != tc.want {
			t.Errorf("%s: %q are kept, want %q", name, got.String(), tc.want)
		}
		bytes := 0
		for _, l := range r.lines {
			bytes += len(l.text)
		}
		if bytes != r.bytes {
			t.Errorf("%s: %d bytes are counted, %d are kept", name, r.bytes, bytes)
		}
	}
}

func TestRequestIsFoundByItsIDOrThoseOfItsCallers(t *testing.T) {
	for _, tc := range []struct {
		id, caller string
		want       bool
	}{
		{"aws-1", "", true},
		{"", "", false},
		{"aws", "", false},
		{"own-1", "own-1", true},
		{"own", "own-1", false},
		{"origin-1", "own-1", true},
		{"origin", "own-1", false},
		{"1-67891233-abcdef", "Root=1-67891233-abcdef;Sampled=1", true},
		{"Root=1-67891233-abcdef;Sampled=1", "Root=1-67891233-abcdef;Sampled=1", true},
		{"Root", "Root=1-67891233-abcdef;Sampled=1", false},
		{"", "Root=;Sampled=1", false},
	} {
		if got := isRequest(tc.id, "aws-1", tc.caller, "origin-1"); got != tc.want {
			t.Errorf("%q of the caller's %q: got %t, want %t", tc.id, tc.caller, got, tc.want)
		}
	}
}
