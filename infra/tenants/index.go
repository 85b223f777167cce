package tenants

import (
	"context"
	_ "embed"
	"errors"
	"net/http"

	"github.com/aws/smithy-go"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/pkg/tenant"
)

// shipmentsIndex has the fields of the tracking service's documents, and takes no others. One shard ranks over all of a tenant's
// shipments; a laptop has no second node for replicas. The refresh interval is OpenSearch's own: a second.
//
//go:embed shipments-index.json
var shipmentsIndex []byte

// IndexOf is the name of a tenant's index (see the tracking service, which owns it).
func IndexOf(id tenant.ID) string { return id.String() + "-shipments" }

// MakeIndex creates the search index of a tenant, or leaves it as it is.
func MakeIndex(ctx context.Context, client opensearch.Client, id tenant.ID) error {
	_, err := client.Do(ctx, http.MethodPut, IndexOf(id), shipmentsIndex)
	if hasCode(err, "resource_already_exists_exception") {
		return nil
	}
	return err
}

// HasIndex reports whether the tenant's index is there.
func HasIndex(ctx context.Context, client opensearch.Client, id tenant.ID) (bool, error) {
	_, err := client.Do(ctx, http.MethodHead, IndexOf(id), nil)
	if hasCode(err, "Status404") { // a HEAD has no words
		return false, nil
	}
	return err == nil, err
}

func hasCode(err error, code string) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && answer.ErrorCode() == code
}
