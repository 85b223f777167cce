package tenant_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/tenant"
	"pgregory.net/rapid"
)

func TestEncode(t *testing.T) {
	for name, want := range map[string]string{
		"f":                     "my", // the vectors of RFC 4648 section 10, in lower case
		"fo":                    "mzxq",
		"foobar":                "mzxw6ytboi",
		"org_aBc":               "n5zgox3bijrq",
		"yellow":                "pfswy3dpo4", // one that has the form is encoded like any other
		strings.Repeat("x", 39): strings.Repeat("pb4hq6dy", 7) + "pb4hq6a",
	} {
		id, err := tenant.Encode(name)
		if err != nil || id.String() != want {
			t.Errorf("Encode(%q) = %q, %v, want %q", name, id, err, want)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 40)} {
		if id, err := tenant.Encode(name); !errors.Is(err, tenant.ErrInvalid) || !id.IsZero() {
			t.Errorf("Encode of %d bytes = %q, %v, want the zero ID and ErrInvalid", len(name), id, err)
		}
	}
}

// A name that comes back for every ID makes Encode injective. Each result is an ID by Parse too.
func TestEncodedNameIsAnIDAndIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOfN(rapid.Byte(), 1, tenant.MaxEncoded).Draw(t, "name"))
		id, err := tenant.Encode(name)
		if err != nil {
			t.Fatal(err)
		}
		if parsed, err := tenant.Parse(id.String()); err != nil || parsed != id {
			t.Fatalf("Parse(%q) = %q, %v, want the ID that Encode made", id, parsed, err)
		}
		if got, err := tenant.Decode(id.String()); err != nil || got != name {
			t.Fatalf("Decode(%q) = %q, %v, want %q", id, got, err, name)
		}
	})
}

func TestDecodeRefusesWhatEncodeDoesNotMake(t *testing.T) {
	for _, text := range []string{
		"", "yellow-1", "MZXQ", "mzxq====", "mzxr" /* bits too many */, "m", "mz\nxq", "mzx", strings.Repeat("a", 64), "check.a",
	} {
		if name, err := tenant.Decode(text); !errors.Is(err, tenant.ErrInvalid) {
			t.Errorf("Decode(%q) = %q, %v, want ErrInvalid", text, name, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z2-7]{1,63}`).Draw(t, "text")
		name, err := tenant.Decode(text)
		if err != nil {
			return
		}
		if id, err := tenant.Encode(name); err != nil || id.String() != text {
			t.Fatalf("Decode(%q) = %q, which is encoded as %q, %v", text, name, id, err)
		}
	})
}
