package tenant_test

import (
	"context"
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
		{"abc", true},
		{"t0123456789", true},
		{strings.Repeat("a", 32), true},
		{"", false},
		{"ab", false},
		{strings.Repeat("a", 33), false},
		{"Yellow", false},
		{"1yellow", false},
		{"yellow ", false},
		{"yel low", false},
		{"yellow\n", false},
		{"yellow*", false},
		{"yel-low", false},
		{"yel/low", false},
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
	pattern := regexp.MustCompile(`\A[a-z][a-z0-9]{2,31}\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z][a-z0-9]{0,34}`)).Draw(t, "s")
		_, err := tenant.Parse(s)
		if got, want := err == nil, pattern.MatchString(s); got != want {
			t.Fatalf("Parse(%q) accepted = %v, the pattern says %v", s, got, want)
		}
	})
}

func TestErrorDoesNotRepeatTheInput(t *testing.T) {
	_, err := tenant.Parse("secret-looking-value!")
	if strings.Contains(err.Error(), "secret") {
		t.Fatalf("the error repeats its input: %v", err)
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
