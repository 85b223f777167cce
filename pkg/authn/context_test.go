package authn_test

import (
	"context"
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
