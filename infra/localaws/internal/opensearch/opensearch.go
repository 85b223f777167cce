// Package opensearch is localaws' OpenSearch Service: one domain. It says what a request asks for by method and path, and answers the
// requests that Shiptrack has from the indexes of package es. All others are refused as OpenSearch refuses what it does not know.
package opensearch

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/es"
)

// DefaultDomain is the domain of the article.
const DefaultDomain = "test"

// Bounds of a body, in bytes.
const (
	// MaxBody is a quota of OpenSearch Service ("Network quotas": 10 MiB on the smaller instances).
	MaxBody = 10 << 20
	// MaxEmbeddedBody is far above what a search or a document of Shiptrack has: what is read from a body of two-byte values
	// takes seventy times its size.
	MaxEmbeddedBody = 256 << 10
	// readShare is how much of the memory for answers a body takes beside the answer: an answer is counted with six times its size.
	readShare = 12
)

var domainPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{2,27}$`)

// CheckDomain refuses a name that no domain can have (OpenSearch Service API Reference, CreateDomain).
func CheckDomain(name string) error {
	if !domainPattern.MatchString(name) {
		return fmt.Errorf("the search domain %q must have 3 to 28 lower-case letters, digits and hyphens, and begin with a letter", name)
	}
	return nil
}

// Service is the domain. It is safe for concurrent use.
type Service struct {
	domain  string
	indexes *es.Store
}

var _ api.Service = (*Service)(nil)

// New returns a domain whose indexes are in db, which the caller closes. An index is opened when it is first used.
func New(db *bbolt.DB, domain string) (*Service, error) {
	if db == nil {
		return nil, errors.New("opensearch: there is no DB")
	}
	return &Service{domain: domain, indexes: es.New(db)}, CheckDomain(domain)
}

// Protocol returns OpenSearch.
func (*Service) Protocol() api.Protocol { return api.OpenSearch }

// Read says which permission req needs. Errors are those of Read.
func (s *Service) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	reading, err := Read(req, s.domain)
	if err != nil {
		return nil, err
	}
	return &api.Call{
		Operation: reading.Action, Permissions: []api.Permission{reading.Permission},
		MostBytes: es.MaxPage + readShare*int64(len(req.Body)),
		Answer:    func(context.Context) (*api.Response, error) { return s.answer(req, reading) },
	}, nil
}
