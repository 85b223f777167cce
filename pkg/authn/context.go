package authn

import (
	"context"
	"fmt"
	"io"

	"example.com/shiptrack/pkg/tenant"
)

type contextKey struct{}

// caller is a context that carries a principal and its token, in one piece of memory.
type caller struct {
	context.Context
	principal Principal
	token     string
}

// Value is context.Context's.
func (c *caller) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Format is fmt.Formatter's. A context may be printed by anybody, and fmt would print the token.
func (*caller) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "authn.caller") } // fmt keeps its own error

// NewContext returns a copy of ctx that carries p, its tenant (see tenant.FromContext) and the token
// that proved it. Only code that has just verified rawToken may call it.
func NewContext(ctx context.Context, p Principal, rawToken string) context.Context {
	return &caller{tenant.NewContext(ctx, p.Tenant), p, rawToken}
}

// FromContext returns the principal that ctx carries, and whether there is one.
func FromContext(ctx context.Context) (Principal, bool) {
	if c, ok := ctx.Value(contextKey{}).(*caller); ok {
		return c.principal, true
	}
	return Principal{}, false
}

// BearerToken returns the verified token of ctx's request, to pass along to a service that verifies it
// again, and whether there is one. It must not be logged or stored.
func BearerToken(ctx context.Context) (string, bool) {
	if c, ok := ctx.Value(contextKey{}).(*caller); ok {
		return c.token, c.token != ""
	}
	return "", false
}
