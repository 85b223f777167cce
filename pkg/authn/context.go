package authn

import (
	"context"

	"example.com/shiptrack/pkg/tenant"
)

type contextKey struct{}

type caller struct {
	principal Principal
	token     string
}

// NewContext returns a copy of ctx that carries p, its tenant (see tenant.FromContext) and the token
// that proved it. Only code that has just verified rawToken may call it.
func NewContext(ctx context.Context, p Principal, rawToken string) context.Context {
	ctx = tenant.NewContext(ctx, p.Tenant)
	return context.WithValue(ctx, contextKey{}, caller{principal: p, token: rawToken})
}

// FromContext returns the principal that ctx carries, and whether there is one.
func FromContext(ctx context.Context) (Principal, bool) {
	c, ok := ctx.Value(contextKey{}).(caller)
	return c.principal, ok
}

// BearerToken returns the verified token of ctx's request, to pass along to a service that verifies it
// again, and whether there is one. It must not be logged or stored.
func BearerToken(ctx context.Context) (string, bool) {
	c, ok := ctx.Value(contextKey{}).(caller)
	return c.token, ok && c.token != ""
}
