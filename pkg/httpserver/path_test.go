package httpserver

import (
	"net/url"
	"testing"

	"example.com/shiptrack/pkg/alloctest"
)

func TestOnlyUnreservedCharactersAreDecodedInAPath(t *testing.T) {
	for target, want := range map[string]string{
		"/things/1": "/things/1", "/things/%31": "/things/1", "/%74hings/%3101": "/things/101",
		"/things/%7e%2D%2e%5F%41": "/things/~-._A",
		"/things/1%2F2":           "/things/1%2F2", "/things/1%2f%32": "/things/1%2f2", "/things/%2531": "/things/%2531",
		"/things/%00%3B%3A%40%21": "/things/%00%3B%3A%40%21", "/things/%C3%A9%31": "/things/%C3%A91", "/%2e%2e/%2F": "/../%2F",
	} {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		before := *u
		if got := normalize(u); got.EscapedPath() != want || got.Path != u.Path || *u != before {
			t.Errorf("normalize(%s) = %s of the path %s, want %s of the same path, and the argument as it was", target, got.EscapedPath(), got.Path, want)
		}
	}
}

// The normalized path decodes to the same path as before, and normalizing again changes nothing.
func FuzzNormalize(f *testing.F) {
	f.Add("/shipments/%31001/eta")
	f.Add("/a%2Fb/%252F%2e")
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		var got *url.URL
		alloctest.Bound(t, len(target), func() { got = normalize(u) })
		if decoded, err := url.PathUnescape(got.EscapedPath()); err != nil || decoded != u.Path {
			t.Errorf("%q: %q is decoded to %q, %v, want %q", target, got.EscapedPath(), decoded, err, u.Path)
		}
		if again := normalize(got); again.EscapedPath() != got.EscapedPath() {
			t.Errorf("%q: %q, then %q", target, got.EscapedPath(), again.EscapedPath())
		}
	})
}
