// Package documents is the domain of shipping documents: bills of lading, proofs of delivery, customs invoices. Each belongs to
// a shipment. The package knows no transport and no store, and takes no tenant as a parameter. It refuses a document whose
// type, length or shipment is not as it must be before a byte of it is stored.
package documents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// MaxList is how many documents of a shipment are listed.
const MaxList = 1000

// ErrReplaced says that a document is no longer the one that Find returned.
var ErrReplaced = errors.New("documents: replaced since it was found")

// Info is what is known of a document without its content.
type Info struct {
	Name     Name
	Type     Type      // zero where it is not known
	Size     int64     // bytes
	ETag     string    // as HTTP has it, with its quotation marks; another content has another
	Modified time.Time // zero where it is not known
}

// Section is a part of a document, in bytes: 0 <= First <= Last < Info.Size.
type Section struct{ First, Last int64 }

// Content is a document, or a section of it, to be read and then closed. Size is that of the whole document.
type Content struct {
	Info
	Body io.ReadCloser
}

// Upload is a document to be stored. Body has Size bytes, and is read once.
type Upload struct {
	Name    Name
	Type    Type
	Size    int64
	Body    io.Reader
	OnlyNew bool // refuse it where the shipment has a document of this name
}

// Store holds documents. Each call reaches only those of the tenant in its context. Its errors are problems. It is safe for
// concurrent use.
type Store interface {
	// List returns up to MaxList documents of the shipment in the order of their names, and whether there are more.
	List(ctx context.Context, shipment tracking.ShipmentID) (list []Info, more bool, err error)
	// Find returns what is known of a document, or a problem of kind NotFound.
	Find(ctx context.Context, shipment tracking.ShipmentID, name Name) (Info, error)
	// Open returns the content of the document that Find returned, or of a section of it. The error is ErrReplaced, of kind
	// PreconditionFailed, where that document is not there any more.
	Open(ctx context.Context, shipment tracking.ShipmentID, found Info, section *Section) (Content, error)
	// Put stores a document in place of the one of its name. With OnlyNew it is PreconditionFailed where there is one.
	// It stores nothing where Body ends early or fails.
	Put(ctx context.Context, shipment tracking.ShipmentID, upload Upload) (Info, error)
}

// Shipments knows which shipments the tenant in the context has; *tracking.Service is one.
type Shipments interface {
	GetShipment(ctx context.Context, id tracking.ShipmentID) (tracking.Shipment, tracking.ETA, error)
}

// Config is what a Service needs; all of it must be set.
type Config struct {
	Store     Store
	Shipments Shipments
	MaxBytes  int64 // of one document
}

// Service answers the questions about the documents of the tenant in the context. It is safe for concurrent use. Besides the
// errors that each method names they all return those of the stores (problems of kind Denied, Unavailable, Timeout, Internal).
type Service struct{ config Config }

// New returns a Service.
func New(config Config) (*Service, error) {
	if config.Store == nil || config.Shipments == nil || config.MaxBytes < 1 {
		return nil, errors.New("documents: New needs a Store, the Shipments and MaxBytes")
	}
	return &Service{config: config}, nil
}

// List returns up to MaxList documents of a shipment in the order of their names, and whether there are more. An unknown
// shipment, or another tenant's, is NotFound.
func (s *Service) List(ctx context.Context, shipment tracking.ShipmentID) (list []Info, more bool, err error) {
	if err := s.own(ctx, shipment); err != nil {
		return nil, false, err
	}
	return s.config.Store.List(ctx, shipment)
}

// own returns NotFound where the tenant has no such shipment.
func (s *Service) own(ctx context.Context, shipment tracking.ShipmentID) error {
	_, _, err := s.config.Shipments.GetShipment(ctx, shipment)
	return err
}

// Find returns what is known of a document. An unknown one, or another tenant's, is NotFound.
func (s *Service) Find(ctx context.Context, shipment tracking.ShipmentID, name Name) (Info, error) {
	return s.config.Store.Find(ctx, shipment, name)
}

// Open returns the content of the document that Find returned, or of a section of it. The error is ErrReplaced where it is
// not there any more: find it again.
func (s *Service) Open(ctx context.Context, shipment tracking.ShipmentID, found Info, section *Section) (Content, error) {
	return s.config.Store.Open(ctx, shipment, found, section)
}

// Put stores a document of a shipment, in place of the one of its name, and returns what is known of it; when it was stored
// is not. It returns Invalid for an empty one, TooLarge for more than Config.MaxBytes, NotFound for an unknown shipment or
// another tenant's, and PreconditionFailed where OnlyNew is set and there is one of its name; then nothing is stored.
func (s *Service) Put(ctx context.Context, shipment tracking.ShipmentID, upload Upload) (Info, error) {
	switch {
	case upload.Size < 1:
		return Info{}, problem.InvalidField("Content-Length", "must be at least 1")
	case upload.Size > s.config.MaxBytes:
		return Info{}, problem.New(problem.TooLarge, fmt.Sprintf("the document is larger than %d bytes", s.config.MaxBytes))
	}
	if err := s.own(ctx, shipment); err != nil {
		return Info{}, err
	}
	return s.config.Store.Put(ctx, shipment, upload)
}
