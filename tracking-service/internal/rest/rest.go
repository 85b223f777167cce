// Package rest answers the tracking service's HTTP API, whose contract is pkg/trackingapi's OpenAPI document.
// It turns requests into calls of the domain and answers into bodies; it refuses every request that the document
// does not describe, and reads the tenant from the verified token only.
package rest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

//go:generate ../../../bin/oapi-codegen -config oapi-codegen.yaml ../../../pkg/trackingapi/openapi.yaml

// Service is the domain's tracking.Service.
type Service interface {
	GetShippingETA(context.Context, tracking.ShipmentID) (tracking.ETA, error)
	GetShipment(context.Context, tracking.ShipmentID) (tracking.Shipment, tracking.ETA, error)
	BatchGetShipments(context.Context, []tracking.ShipmentID) ([]tracking.ShipmentWithETA, []tracking.ShipmentID, error)
	ListShipments(context.Context, int, tracking.ShipmentID) ([]tracking.ShipmentWithETA, tracking.ShipmentID, error)
}

// Config is what the routes need.
type Config struct {
	Service      Service
	Documents    Documents
	Search       Search
	Authenticate echo.MiddlewareFunc // verifies the bearer token, see httpserver.Authenticate
	FairShare    echo.MiddlewareFunc // holds the tenant to its limits, see httpserver.Server.FairShare
	// Open, OpenDocuments and OpenSearches return why shipments, documents, or searches, may not be served now, nil where they may.
	Open, OpenDocuments, OpenSearches func() error
	CursorKey                         []byte           // 32 bytes that all instances share and nobody else knows
	Clock                             func() time.Time // time.Now where nil
}

// Register adds the routes of the contract to e. A request passes Authenticate, then FairShare, then what must be open, then the
// contract, then the handler. The server must know Streams. It returns an error where cfg cannot be used.
func Register(e *echo.Echo, cfg Config) error {
	if cfg.Service == nil || cfg.Documents == nil || cfg.Search == nil || cfg.Authenticate == nil || cfg.FairShare == nil {
		return errors.New("rest: Register needs a Service, Documents, Search, Authenticate and FairShare")
	}
	if cfg.Open == nil || cfg.OpenDocuments == nil || cfg.OpenSearches == nil {
		return errors.New("rest: Register needs Open, OpenDocuments and OpenSearches")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	cursors, err := newCursors(cfg.CursorKey, cfg.Clock)
	if err != nil {
		return err
	}
	rules, err := openapi.New(openapi.Config{Document: trackingapi.Document()})
	if err != nil {
		return err
	}
	h := handlers{service: cfg.Service, documents: cfg.Documents, search: cfg.Search, cursors: cursors}
	before := map[string][]echo.MiddlewareFunc{}
	for _, id := range slices.Concat(rules.OperationIDs("shipments"), rules.OperationIDs("documents")) {
		before[id] = []echo.MiddlewareFunc{cfg.Authenticate, cfg.FairShare, gate(cfg.gates(id)...), httpserver.CheckRequest(rules, id)}
	}
	RegisterHandlersWithOptions(e, NewStrictHandler(h, nil), RegisterHandlersOptions{OperationMiddlewares: before})
	e.GET(documentPath, h.downloadDocument, before["DownloadDocument"]...)
	e.PUT(documentPath, h.uploadDocument, before["UploadDocument"]...)
	return nil
}

// gates returns what must be open for an operation: what it reads, and writes. Whether the tenant has the shipment is
// read for a list of documents, and before one is stored.
func (cfg Config) gates(operation string) []func() error {
	switch operation {
	case "DownloadDocument":
		return []func() error{cfg.OpenDocuments}
	case "SearchShipments":
		return []func() error{cfg.OpenSearches}
	case "ListDocuments", "UploadDocument":
		return []func() error{cfg.Open, cfg.OpenDocuments}
	}
	return []func() error{cfg.Open}
}

// gate is the middleware that lets a request pass only while all return nil.
func gate(all ...func() error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for _, open := range all {
				if err := open(); err != nil {
					return err
				}
			}
			return next(c)
		}
	}
}
