package tenant_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/tenant"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		in string
		ok bool
	}{
		{"yellow", true},
		{"ab", true},
		{"00", true},
		{"1yellow", true},
		{"acme-eu", true},
		{"a--b", true},
		{"6f1c0f5e-8d0b-4a6e-9a55-0d6f2a3b4c5d", true}, // a UUID
		{strings.Repeat("a", 63), true},
		{"a" + strings.Repeat("-", 61) + "a", true},
		{"", false},
		{"a", false},
		{strings.Repeat("a", 64), false},
		{"Yellow", false},
		{"-yellow", false},
		{"yellow-", false},
		{"--", false},
		{"yellow ", false},
		{"yel low", false},
		{"yellow\n", false},
		{"yellow*", false},
		{"yel/low", false},
		{"yel_low", false},
		{"yel@low", false},
		{"yel.low", false},
		{"org_aBc", false},
		{"check.a", false},
		{"check.b", false},
		{"yéllow", false},
		{"уellow", false}, // a Cyrillic first letter
	} {
		id, err := tenant.Parse(tc.in)
		if (err == nil) != tc.ok {
			t.Errorf("Parse(%q) error = %v, want ok = %v", tc.in, err, tc.ok)
			continue
		}
		if tc.ok && id.String() != tc.in {
			t.Errorf("Parse(%q) = %q, want the text unchanged", tc.in, id)
		}
		if !tc.ok && (!errors.Is(err, tenant.ErrInvalid) || !id.IsZero()) {
			t.Errorf("Parse(%q) = %q, %v, want the zero ID and ErrInvalid", tc.in, id, err)
		}
	}
}

func TestParseAgreesWithThePattern(t *testing.T) {
	pattern := regexp.MustCompile(`\A(?:` + strings.TrimSuffix(tenant.Pattern, "$") + `)\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9-]{0,66}`)).Draw(t, "s")
		_, err := tenant.Parse(s)
		if got, want := err == nil, pattern.MatchString(s); got != want {
			t.Fatalf("Parse(%q) accepted = %v, the pattern says %v", s, got, want)
		}
	})
}

func TestRefusalSaysWhatIsWrongAndTheFormWanted(t *testing.T) {
	for in, fault := range map[string]string{
		"":                      "it has 0 bytes",
		strings.Repeat("x", 99): "it has 99 bytes",
		"org_aBc":               "byte 4 of 7 is a sign that ids do not hold",
		"00oXyZ":                "byte 4 of 6 is an upper-case letter",
		"acme corp":             "byte 5 of 9 is a blank or a control character",
		"acmé":                  "byte 4 of 5 is not ASCII",
		"acme-":                 "it begins or ends with '-'",
	} {
		want := "tenant: not a tenant id: " + fault + "; want " + tenant.Form
		if _, err := tenant.Parse(in); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %v, want %s", in, err, want)
		}
	}
}

func TestErrorDoesNotRepeatTheInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := "secret" + rapid.StringN(1, -1, 40).Draw(t, "s")
		if _, err := tenant.Parse(s + "!"); strings.Contains(err.Error(), "secret") {
			t.Fatalf("the error repeats its input: %v", err)
		}
		if _, err := tenant.Encode(strings.Repeat(s, 10)); strings.Contains(err.Error(), "secret") {
			t.Fatalf("the error repeats its input: %v", err)
		}
	})
}

func TestTextOfAnIDIsReadAsParseReadsIt(t *testing.T) {
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(map[string]tenant.ID{"tenant": yellow}); err != nil || string(text) != `{"tenant":"yellow"}` {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	var got tenant.ID
	if err := json.Unmarshal([]byte(`"yellow"`), &got); err != nil || got != yellow {
		t.Errorf("from JSON: %q, %v, want yellow", got, err)
	}
	for _, text := range []string{`"Yellow"`, `""`, `"check.a"`, `"check.b"`, `{"value":"yellow"}`} {
		got := yellow
		if err := json.Unmarshal([]byte(text), &got); err == nil || got != yellow {
			t.Errorf("from %s: %q, %v, want an error and the ID left alone", text, got, err)
		}
	}
	if text, err := json.Marshal(tenant.ID{}); err == nil {
		t.Errorf("the zero ID as JSON is %s, want an error", text)
	}
}

func TestContextWithoutATenantIsRefused(t *testing.T) {
	if _, err := tenant.FromContext(context.Background()); !errors.Is(err, tenant.ErrMissing) {
		t.Fatalf("FromContext on an empty context = %v, want ErrMissing", err)
	}
	if _, err := tenant.FromContext(tenant.NewContext(context.Background(), tenant.ID{})); !errors.Is(err, tenant.ErrMissing) {
		t.Fatalf("FromContext on a zero ID = %v, want ErrMissing", err)
	}
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tenant.FromContext(tenant.NewContext(context.Background(), yellow)); err != nil || got != yellow {
		t.Fatalf("FromContext = %v, %v, want yellow", got, err)
	}
}
