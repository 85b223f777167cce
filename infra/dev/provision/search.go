package provision

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

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

// Indexes creates the search index of each tenant in the domain at endpoint, or leaves it as it is.
func Indexes(ctx context.Context, cfg aws.Config, endpoint string, tenants ...tenant.ID) error {
	client := opensearch.New(cfg, endpoint)
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range tenants {
		group.Go(func() error {
			_, err := client.Do(ctx, http.MethodPut, IndexOf(id), shipmentsIndex)
			if err != nil && !hasCode(err, "resource_already_exists_exception") {
				return fmt.Errorf("index %s: %w", IndexOf(id), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// hasIndex reports whether the tenant's index is there.
func hasIndex(ctx context.Context, cfg aws.Config, endpoint string, id tenant.ID) (bool, error) {
	client := opensearch.New(cfg, endpoint)
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
