package tenant_test

import (
	"errors"
	"testing"

	"example.com/shiptrack/pkg/tenant"
	"pgregory.net/rapid"
)

func TestReservedTenantsAreMadeByTheConstructorAlone(t *testing.T) {
	a, b := tenant.IsolationCheck()
	if a.String() != "check.a" || b.String() != "check.b" || !a.IsReserved() || !b.IsReserved() {
		t.Fatalf("the reserved tenants are %q and %q", a, b)
	}
	for _, id := range []tenant.ID{a, b} {
		if got, err := tenant.Parse(id.String()); !errors.Is(err, tenant.ErrInvalid) {
			t.Errorf("Parse(%q) = %q, %v, want ErrInvalid", id, got, err)
		}
		if got, err := tenant.FromContext(tenant.NewContext(t.Context(), id)); err != nil || got != id {
			t.Errorf("FromContext = %q, %v, want %q", got, err, id)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.Just("check.a"), rapid.StringMatching(`[ -~]{1,39}`)).Draw(t, "text")
		if id, err := tenant.Parse(text); err == nil && id.IsReserved() {
			t.Fatalf("Parse(%q) is reserved", text)
		}
		if id, err := tenant.Encode(text); err != nil || id.IsReserved() {
			t.Fatalf("Encode(%q) = %q, %v, want one that is not reserved", text, id, err)
		}
	})
}
