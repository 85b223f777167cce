// Package requestid carries the id of the request that is being answered in the context. Logs, the audit trail
// and the next service take it from there, so that their records of one request can be joined.
package requestid

import "context"

type contextKey struct{}

// NewContext returns a copy of ctx that carries id.
func NewContext(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext returns the id of ctx's request, empty where there is none.
func FromContext(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}
