package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Errors for answers that S3 should never give; the store refuses them. A foreign key belongs to another tenant: a policy
// was too wide, and the audit log has an alarm.
var (
	errForeignKey = fmt.Errorf("s3: %w: a key", awscall.ErrForeign)
	errNotAsked   = errors.New("s3: something was answered that was not asked for")
)

// scope is one tenant's part of the bucket. It makes all keys, checks all that are answered, and names the tenant's
// encryption key.
type scope struct{ tenant tenant.ID }

// scopeOf returns the scope of the tenant in ctx: the only place where a tenant becomes a key.
func scopeOf(ctx context.Context) (scope, error) {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return scope{}, problem.Wrap(problem.Internal, err, detailUnusable)
	}
	return scope{tenant: id}, nil
}

// prefix is what the keys of a shipment's documents begin with. Neither part can hold a slash.
func (s scope) prefix(shipment tracking.ShipmentID) string {
	return s.tenant.String() + "/" + shipment.String() + "/"
}

func (s scope) key(shipment tracking.ShipmentID, name documents.Name) string {
	return s.prefix(shipment) + name.String()
}

// name returns the document's name in a key that S3 answered, and whether it is one: an object may have been put under this
// prefix by other means, by a name that no document has.
func (s scope) name(shipment tracking.ShipmentID, key string) (name documents.Name, ok bool, err error) {
	text, isAsked := strings.CutPrefix(key, s.prefix(shipment))
	switch {
	case !strings.HasPrefix(key, s.tenant.String()+"/"):
		return documents.Name{}, false, errForeignKey
	case !isAsked:
		return documents.Name{}, false, fmt.Errorf("%w: a key of another shipment", errNotAsked)
	}
	name, err = documents.ParseName(text)
	return name, err == nil, nil
}

// keyAlias names the KMS key that the tenant's documents are encrypted with.
func (s scope) keyAlias() string { return keyalias.Of(s.tenant) }
