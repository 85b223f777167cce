// Package fault has the errors of OpenSearch, in its own form and wording. What a client did wrong is a fault; what went wrong
// here is an ordinary error.
package fault

import (
	"fmt"
	"net/http"
)

// Fault is one refusal. It is an error.
type Fault struct {
	Status       int // of HTTP
	Type, Reason string
	Line, Column int    // where in the body, from 1; 0 where no place is told
	Offset       int    // the same in bytes, not told; 0 where there is none
	Index        string // the index that it is about; empty: none
	UUID         string // of Index
	Resource     string // how a missing index was named
	ByShard      bool   // found by the search itself, not by reading the request
	Cause        *Fault // the fault behind it; nil: none
}

func (f *Fault) Error() string { return f.Type + ": " + f.Reason }

// New is a fault of a request, status 400.
func New(kind, format string, arguments ...any) *Fault {
	return &Fault{Status: http.StatusBadRequest, Type: kind, Reason: fmt.Sprintf(format, arguments...)}
}

// Illegal is an illegal_argument_exception.
func Illegal(format string, arguments ...any) *Fault {
	return New(illegal, format, arguments...)
}

const illegal = "illegal_argument_exception"

// OfShard is a fault that the search found.
func (f *Fault) OfShard(index, uuid string) *Fault {
	f.ByShard, f.Index, f.UUID = true, index, uuid
	return f
}

// Body is the answer as OpenSearch writes it, for JSON. It tells no node. An
// illegal argument is never the root cause of another fault.
func (f *Fault) Body() map[string]any {
	root := f
	for root.Cause != nil && root.Cause.Type != illegal {
		root = root.Cause
	}
	outer := f.members()
	if f.ByShard {
		outer = map[string]any{
			"type": "search_phase_execution_exception", "reason": "all shards failed", "phase": "query", "grouped": true,
			"failed_shards": []any{map[string]any{"shard": 0, "index": f.Index, "reason": f.members()}},
		}
	}
	outer["root_cause"] = []any{root.members()}
	return map[string]any{"error": outer, "status": f.Status}
}

func (f *Fault) members() map[string]any {
	m := map[string]any{"type": f.Type, "reason": f.Reason}
	if f.Line > 0 {
		m["line"], m["col"] = f.Line, f.Column
	}
	if f.Index != "" && (!f.ByShard || f.Type == "query_shard_exception") {
		m["index"], m["index_uuid"] = f.Index, f.UUID
	}
	if f.Resource != "" {
		m["resource.id"], m["resource.type"] = f.Index, f.Resource
	}
	if f.Cause != nil {
		m["caused_by"] = f.Cause.members()
	}
	return m
}
