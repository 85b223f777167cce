package tracking

import (
	"context"
	"errors"
	"fmt"

	"example.com/shiptrack/pkg/problem"
)

// Limits of one request.
const (
	MaxBatch     = 100 // ids in BatchGetShipments
	MaxPage      = 100 // shipments in a page of ListShipments
	DefaultLimit = 20  // for callers of ListShipments that got no limit from their own caller
)

// Store holds shipments. Each call reaches only those of the tenant in its context. Its errors are problems.
// It is safe for concurrent use.
type Store interface {
	// Get returns the shipment, or a problem of kind NotFound.
	Get(ctx context.Context, id ShipmentID) (Shipment, error)
	// BatchGet returns those of the shipments that exist, in any order.
	BatchGet(ctx context.Context, ids []ShipmentID) ([]Shipment, error)
	// List returns up to limit shipments after the id after (zero: from the first) in the order of their ids,
	// and the id to go on after, zero where no more follow.
	List(ctx context.Context, limit int, after ShipmentID) ([]Shipment, ShipmentID, error)
}

// Service answers the questions about the shipments of the tenant in the context. It is safe for concurrent use.
// Besides the errors that each method names they all return the store's (problems of kind Denied, Unavailable,
// Timeout), and Internal where a stored shipment is malformed.
type Service struct{ store Store }

// New returns a Service over store.
func New(store Store) (*Service, error) {
	if store == nil {
		return nil, errors.New("tracking: New needs a store")
	}
	return &Service{store: store}, nil
}

// ShipmentWithETA is a shipment and the ETA that follows from it.
type ShipmentWithETA struct {
	Shipment Shipment
	ETA      ETA
}

// GetShippingETA returns the ETA of one shipment. An unknown one, or another tenant's, is NotFound.
func (s *Service) GetShippingETA(ctx context.Context, id ShipmentID) (ETA, error) {
	_, eta, err := s.GetShipment(ctx, id)
	return eta, err
}

// GetShipment returns one shipment and its ETA. An unknown one, or another tenant's, is NotFound.
func (s *Service) GetShipment(ctx context.Context, id ShipmentID) (Shipment, ETA, error) {
	if id.IsZero() {
		return Shipment{}, ETA{}, invalidID()
	}
	shipment, err := s.store.Get(ctx, id)
	if err != nil {
		return Shipment{}, ETA{}, err
	}
	answer, err := withETA(shipment)
	if err != nil {
		return Shipment{}, ETA{}, err
	}
	return answer.Shipment, answer.ETA, nil
}

// BatchGetShipments returns the shipments that exist and the ids of those that do not (or are another tenant's),
// both in the order of ids. It wants 1 to MaxBatch ids without duplicates: else Invalid, naming the field ids.
func (s *Service) BatchGetShipments(ctx context.Context, ids []ShipmentID) (
	found []ShipmentWithETA, notFound []ShipmentID, err error,
) {
	if err := checkBatch(ids); err != nil {
		return nil, nil, err
	}
	shipments, err := s.store.BatchGet(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[ShipmentID]Shipment, len(shipments))
	for _, shipment := range shipments {
		byID[shipment.ID] = shipment
	}
	for _, id := range ids {
		shipment, ok := byID[id]
		if !ok {
			notFound = append(notFound, id)
			continue
		}
		answer, err := withETA(shipment)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, answer)
	}
	return found, notFound, nil
}

func checkBatch(ids []ShipmentID) error {
	if len(ids) == 0 || len(ids) > MaxBatch {
		return problem.InvalidField("ids", fmt.Sprintf("must be 1 to %d ids", MaxBatch))
	}
	seen := make(map[ShipmentID]bool, len(ids))
	for _, id := range ids {
		if id.IsZero() {
			return invalidID()
		}
		if seen[id] {
			return problem.InvalidField("ids", "must not name an id twice")
		}
		seen[id] = true
	}
	return nil
}

// ListShipments returns up to limit shipments in the order of their ids, from the one after the id after (zero:
// from the first), and the id to go on after: zero where no more follow. A limit outside 1 to MaxPage is Invalid.
func (s *Service) ListShipments(ctx context.Context, limit int, after ShipmentID) (
	page []ShipmentWithETA, next ShipmentID, err error,
) {
	if limit < 1 || limit > MaxPage {
		return nil, ShipmentID{}, problem.InvalidField("limit", fmt.Sprintf("must be 1 to %d", MaxPage))
	}
	shipments, next, err := s.store.List(ctx, limit, after)
	if err != nil {
		return nil, ShipmentID{}, err
	}
	for _, shipment := range shipments {
		answer, err := withETA(shipment)
		if err != nil {
			return nil, ShipmentID{}, err
		}
		page = append(page, answer)
	}
	return page, next, nil
}

func withETA(shipment Shipment) (ShipmentWithETA, error) {
	eta, err := shipment.EstimateArrival()
	if err != nil {
		return ShipmentWithETA{}, problem.Wrap(problem.Internal, err, "the shipment's data is not usable")
	}
	return ShipmentWithETA{Shipment: shipment, ETA: eta}, nil
}
