package upstream

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/sync/semaphore"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/answer"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// DynamoDB is a DynamoDB that another endpoint answers. It is safe for concurrent use.
//
// A request's keys depend on the table's key schema. The gateway asks the upstream for it, and keeps it for
// two seconds. It must not authorize a request by the schema of an earlier table. So a request through this
// gateway that may change tables waits until all others are answered, and later ones wait for it. Then the
// gateway forgets all schemas. A request that was authorized by an old schema is refused with a 503, which
// SDKs retry. While the upstream does not describe a table, no request for it is decided: the answer is a
// 500 or 503.
//
// One gap remains: somebody may delete a table and create it with other keys without this gateway, or the
// upstream may do so after the gateway stopped waiting for the answer. Then the gateway authorizes by the
// old keys for up to two seconds. So only one gateway should reach the upstream.
type DynamoDB struct {
	endpoint *endpoint
	tables   *tables
	changes  *semaphore.Weighted // a request holds one; one that may change tables holds all
}

const allRequests = 1 << 30

var _ api.Service = (*DynamoDB)(nil)

// NewDynamoDB returns a DynamoDB at c. It does not connect.
func NewDynamoDB(c Config) (*DynamoDB, error) {
	e, err := newEndpoint("dynamodb", c)
	if err != nil {
		return nil, err
	}
	return &DynamoDB{endpoint: e, tables: newTables(e), changes: semaphore.NewWeighted(allRequests)}, nil
}

// Protocol returns JSON10.
func (d *DynamoDB) Protocol() api.Protocol { return api.JSON10 }

// Read says which permissions req needs. Beside the errors of request.Permissions there are those of an
// upstream that does not tell its tables, with status 500 or 503.
func (d *DynamoDB) Read(ctx context.Context, req *api.Request) (*api.Call, error) {
	by := &reading{tables: d.tables, told: map[string]*request.Schema{}}
	permissions, asked, err := request.Permissions(ctx, req, by)
	if err != nil {
		return nil, err
	}
	call := &api.Call{Permissions: permissions}
	call.Answer = func(ctx context.Context) (*api.Response, error) {
		if resp, err := answer.CheckKeys(asked); resp != nil || err != nil {
			return resp, err
		}
		return d.answer(ctx, req, by)
	}
	for _, p := range permissions {
		if p.Action == "dynamodb:PutResourcePolicy" {
			call.Answer = refuseResourcePolicy
		}
	}
	return call, nil
}

// refuseResourcePolicy refuses policies that localaws would not evaluate: a Deny in one would have no effect.
func refuseResourcePolicy(context.Context) (*api.Response, error) {
	return nil, api.Errorf(http.StatusBadRequest, "ValidationException", "localaws does not evaluate resource-based policies of DynamoDB, so it forwards none")
}

func (d *DynamoDB) answer(ctx context.Context, req *api.Request, by *reading) (*api.Response, error) {
	changing := request.ChangesTables(req.Operation)
	share := int64(1)
	if changing {
		share = allRequests
	}
	if err := d.changes.Acquire(ctx, share); err != nil {
		return nil, unavailable(context.Cause(ctx))
	}
	defer d.changes.Release(share)
	if err := by.check(ctx); err != nil {
		return nil, err
	}
	if changing {
		defer d.tables.forget() // after an error too: the request may have been carried out
	}
	return d.endpoint.forward(ctx, req)
}

// Ready returns nil where the upstream answers.
func (d *DynamoDB) Ready(ctx context.Context) error {
	var out struct{ TableNames []string }
	code, err := d.endpoint.ask(ctx, "ListTables", struct{ Limit int }{1}, &out)
	if err == nil && code != "" {
		err = fmt.Errorf("upstream %s answers ListTables with %s", d.endpoint.address, code)
	}
	return err
}
