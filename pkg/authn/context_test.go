package authn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/tenant"
)

func checkContext(t *testing.T, ctx context.Context, want authn.Principal, token string) {
	t.Helper()
	if p, ok := authn.FromContext(ctx); !ok || p != want {
		t.Errorf("FromContext = %+v, %v, want %+v", p, ok, want)
	}
	if got, ok := authn.BearerToken(ctx); !ok || got != token {
		t.Errorf("BearerToken = %v, want the token", ok)
	}
	if id, err := tenant.FromContext(ctx); err != nil || id != want.Tenant {
		t.Errorf("tenant.FromContext = %v, %v, want %v", id, err, want.Tenant)
	}
}

// TestAContextIsPrintedWithoutItsToken: as those of package context are printed without their values.
func TestAContextIsPrintedWithoutItsToken(t *testing.T) {
	ctx := authn.NewContext(t.Context(), authn.Principal{Subject: "ann"}, "raw.token.here")
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, c := range []context.Context{ctx, inner, context.WithValue(ctx, t, "x")} {
			if got := fmt.Sprintf(format, c); strings.Contains(got, "raw.token") || strings.Contains(got, "ann") {
				t.Errorf("%s: %s", format, got)
			}
		}
	}
}
