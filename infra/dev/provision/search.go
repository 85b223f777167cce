package provision

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// Indexes creates the search index of each tenant in the domain at endpoint, or leaves it as it is.
func Indexes(ctx context.Context, cfg aws.Config, endpoint string, all ...tenant.ID) error {
	client := opensearch.New(cfg, endpoint)
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range all {
		group.Go(func() error {
			if err := tenants.MakeIndex(ctx, client, id); err != nil {
				return fmt.Errorf("index %s: %w", tenants.IndexOf(id), err)
			}
			return nil
		})
	}
	return group.Wait()
}
