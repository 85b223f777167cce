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

func TestUnknownAndMultivaluedKeysHaveNoValue(t *testing.T) {
	p, err := compilePattern("${a:b, 'default'}", syntax{variables: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := compileCondition("StringNotEquals", "a:b", []string{"x"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if ctx := (values{}).context(); !p.match("default", ctx) || c.evaluate(ctx.lookup(c.key), ctx) != yes {
		t.Error("the default does not stand for an absent key, or an absent key does not differ from x")
	}
	for _, ctx := range []*Context{values{"a:b": nil}.context(), values{"a:b": []string{"default", "y"}}.context()} {
		if p.match("default", ctx) || c.evaluate(ctx.lookup(c.key), ctx) != undecidable {
			t.Error("an unknown or multivalued key is read as absent")
		}
	}
}

func TestPatternTimeDoesNotExplode(t *testing.T) {
	p, s := hostilePattern(t, 2000)
	if p.match(s, nil) { // a backtracking matcher would not come back
		t.Errorf("pattern of 2000 stars matches a text without its last letter")
	}
}
