package opensearch

import (
	"context"
	"errors"
	"fmt"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Errors for answers that OpenSearch should never give; the store refuses them. A foreign index is another tenant's: a policy was
// too wide, and the audit log has an alarm.
var (
	errForeignIndex = fmt.Errorf("opensearch: %w: a hit of another index", awscall.ErrForeign)
	errNotAsked     = errors.New("opensearch: something was answered that was not asked for")
	errMalformed    = errors.New("opensearch: an answer that is none")
	errTooLong      = fmt.Errorf("opensearch: an answer longer than %d bytes", maxAnswer)
)

// scope is one tenant's index. It makes all paths, and checks where hits come from.
type scope struct{ tenant tenant.ID }

// scopeOf returns the scope of the tenant in ctx: the only place where a tenant becomes the name of an index.
func scopeOf(ctx context.Context) (scope, error) {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return scope{}, problem.Wrap(problem.Internal, err, detailUnusable)
	}
	return scope{tenant: id}, nil
}

// index is the whole name: the policies name it too. No tenant's is the beginning of another's.
func (s scope) index() string { return s.tenant.String() + "-shipments" }

// search and document are paths. All characters of a tenant and of a shipment's id stand in a path as they are.
func (s scope) search() string { return s.index() + "/_search" }

func (s scope) document(id tracking.ShipmentID) string { return s.index() + "/_doc/" + id.String() }

// holds returns errForeignIndex unless index is the scope's.
func (s scope) holds(index string) error {
	if index != s.index() {
		return errForeignIndex
	}
	return nil
}
