// Package requestid carries in the context the id of the request that is being answered, which we made, and the id
// that its caller gave. Logs, the audit trail and the next service take them from there, so that their records of
// one request can be joined.
package requestid

import "context"

type contextKey struct{}

// carrier is a context that carries the ids, in one piece of memory: each log line and each call of AWS reads them.
type carrier struct {
	context.Context
	id, caller string
}

// Value is context.Context's.
func (c *carrier) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// NewContext returns a copy of ctx that carries id, and the id that the caller of ctx's request gave for it, empty where it gave
// none. Callers may give the same id as others do: it is a hint for whoever reads the log, and identifies nothing.
func NewContext(ctx context.Context, id, caller string) context.Context {
	return &carrier{ctx, id, caller}
}

// FromContext returns the id of ctx's request, empty where there is none.
func FromContext(ctx context.Context) string {
	if c, ok := ctx.Value(contextKey{}).(*carrier); ok {
		return c.id
	}
	return ""
}

// CallerFromContext returns the id that the caller gave for ctx's request, empty where it gave none.
func CallerFromContext(ctx context.Context) string {
	if c, ok := ctx.Value(contextKey{}).(*carrier); ok {
		return c.caller
	}
	return ""
}

// Agent returns what the User-Agent of a call of AWS says of ctx's request, as additional metadata: md/request-id#<id>, and
// before it, where the caller gave an id, md/origin-request-id#<id>. It begins with a blank, and is empty where there is no
// request. CloudTrail and localaws' decision log record the User-Agent, so an event there leads to the audit record and to the
// request, even without the AWS request id; the caller's id leads there from an answer of the service that called. Our id
// has letters and digits alone; httpserver lets the caller's hold letters, digits and ._- alone.
func Agent(ctx context.Context) string {
	id := FromContext(ctx)
	if id == "" {
		return ""
	}
	agent := " md/request-id#" + id
	if origin := CallerFromContext(ctx); origin != "" {
		agent = " md/origin-request-id#" + origin + agent
	}
	return agent
}
