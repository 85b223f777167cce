package policy

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysAreCaseInsensitiveTagKeyIncluded(t *testing.T) {
	var c Context
	c.Set("aws:PrincipalTag/TenantID", "yellow")
	for _, name := range []string{"aws:PrincipalTag/TenantID", "AWS:principaltag/tenantid", "aws:principaltag/TENANTID"} {
		e := c.lookup(newConditionKey(name))
		if e == nil || !slices.Equal(c.values(e), []string{"yellow"}) {
			t.Errorf("lookup(%q) = %v, want [yellow]", name, e)
		}
	}
	if e := c.lookup(newConditionKey("aws:PrincipalTag/TenantIDs")); e != nil {
		t.Errorf("lookup of another key = %v, want nil", e)
	}
}

func TestKeysFoldAsEqualFold(t *testing.T) {
	var c Context
	c.Set("aws:RequestTag/K", "kelvin") // U+212A
	c.Set("aws:RequestTag/k", "ascii")
	c.Set("aws:RequestTag/É", "upper")
	c.Set("aws:RequestTag/é", "lower")
	if got := len(c.entries); got != 2 {
		t.Errorf("%d entries, want 2: names that fold to the same key are one key", got)
	}
}

// More keys than buckets, of few letters: many names fold, and many buckets have several keys.
func TestContextIsAMapOfFoldedNames(t *testing.T) {
	name := rapid.StringOfN(rapid.SampledFrom([]rune("kK\u212asS\u017fé")), 1, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		var c Context
		want := map[string]string{} // by one name of those that fold to a key
		for range rapid.IntRange(1, 100).Draw(t, "keys") {
			key, value := name.Draw(t, "key"), rapid.StringMatching("[a-z]").Draw(t, "value")
			if rapid.Bool().Draw(t, "multivalued") {
				c.SetAll(key, []string{value, value})
			} else {
				c.Set(key, value)
			}
			for known := range want {
				if strings.EqualFold(known, key) {
					key = known
				}
			}
			want[key] = value
		}
		if len(c.entries) != len(want) {
			t.Fatalf("%d keys, want %d", len(c.entries), len(want))
		}
		for key, value := range want {
			if e := c.lookup(newConditionKey(strings.ToUpper(key))); e == nil || c.values(e)[0] != value {
				t.Fatalf("the key %q has %v, want %q", key, e, value)
			}
		}
	})
}

func TestSetReplacesAndEachKeepsOrder(t *testing.T) {
	var c Context
	c.Set("a:one", "1")
	c.SetAll("a:many", []string{"x", "y"})
	c.SetUnknown("a:dark")
	c.SetAll("a:empty", nil)
	c.Set("A:ONE", "2")
	type row struct {
		key     string
		values  []string
		unknown bool
	}
	want := []row{{"a:one", []string{"2"}, false}, {"a:many", []string{"x", "y"}, false}, {"a:dark", nil, true}, {"a:empty", nil, false}}
	var got []row
	c.Each(func(key string, values []string, unknown bool) { got = append(got, row{key, values, unknown}) })
	if !slices.EqualFunc(got, want, func(a, b row) bool {
		return a.key == b.key && a.unknown == b.unknown && slices.Equal(a.values, b.values)
	}) {
		t.Errorf("Each gave %v, want %v", got, want)
	}
	c.Reset()
	c.Each(func(key string, _ []string, _ bool) { t.Errorf("key %q after Reset", key) })
}

func BenchmarkContext(b *testing.B) {
	b.ReportAllocs()
	keys := []string{"blue"}
	for b.Loop() {
		var c Context
		buildContext(&c, keys)
	}
}

func BenchmarkContextReset(b *testing.B) {
	b.ReportAllocs()
	keys := []string{"blue"}
	var c Context
	for b.Loop() {
		c.Reset()
		buildContext(&c, keys)
	}
}

// buildContext sets what the choke point and DynamoDB's GetItem set.
func buildContext(c *Context, keys []string) {
	c.Set("aws:PrincipalArn", "arn:aws:iam::000000000000:role/NotesReader")
	c.Set("aws:PrincipalAccount", "000000000000")
	c.Set("aws:PrincipalTag/TenantID", "yellow")
	c.Set("aws:userid", "AROAEXAMPLE:yellow@one")
	c.Set("aws:SourceIp", "127.0.0.1")
	c.Set("aws:CurrentTime", "2026-01-01T00:00:00Z")
	c.Set("aws:EpochTime", "1767225600")
	c.Set("aws:SecureTransport", "false")
	c.SetAll("dynamodb:LeadingKeys", keys)
}
