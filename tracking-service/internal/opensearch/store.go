// Package opensearch keeps what shipments are found by in a domain of Amazon OpenSearch Service: an index for each tenant. It is
// the one place that knows the domain, its indexes and the credentials to reach it. All of them come from the tenant of the
// context. It refuses a hit of another index, for whatever reason OpenSearch returned it.
package opensearch

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/search"
)

// Config is what a Store needs; all of it but Outage must be set.
type Config struct {
	AWS      aws.Config            // region and HTTP client; its endpoint and its credentials are not used for the domain
	Vending  *tokenvending.Machine // credentials of the tenant in the context
	Endpoint string                // URL of the domain
	Audit    awscall.Auditor
	Outage   awscall.Outage // nil: nobody is told
}

const (
	detailUnusable    = "the shipments could not be searched"
	detailUnavailable = "the search is not reachable at the moment"
)

// failures are what the errors of OpenSearch, and of OpenSearch Service in front of it, mean.
var failures = awscall.Store{
	Denied:      "access to the search was denied",
	Unavailable: detailUnavailable,
	TooSlow:     "the search did not answer in time",
	Unusable:    detailUnusable,
	Refusals:    []string{codeDenied, codeSession, codeSignature, "security_exception"},
	Sessions:    []string{codeSession},
	Expired:     []string{codeExpired},
	Broken:      []error{errNotAsked, errMalformed, errTooLong},
}

// Store is a search.Index. It is safe for concurrent use.
//
// Its errors are problems: Denied where IAM or STS refused (an alarm); Unavailable where OpenSearch or STS is unavailable or
// throttles; Timeout where the context ended by its deadline; Internal for a bug or an answer that makes no sense. Each request, allowed or not, is audited with the AWS request id and the session under which it was
// made.
type Store struct {
	sender *sender
	calls  *awscall.Caller
}

var _ search.Index = (*Store)(nil)

// New returns a Store.
func New(config Config) (*Store, error) {
	if config.Vending == nil {
		return nil, errors.New("opensearch: New needs the token vending machine")
	}
	sender, err := newSender(config.AWS, config.Endpoint, config.Vending)
	if err != nil {
		return nil, err
	}
	calls, err := awscall.New(awscall.Config{Vending: config.Vending, Audit: config.Audit, Outage: config.Outage, Store: failures})
	if err != nil {
		return nil, err
	}
	return &Store{sender: sender, calls: calls}, nil
}

// Search returns up to limit hits after a position; nil: from the first. A tenant that has no index yet has no shipments.
func (s *Store) Search(ctx context.Context, question search.Question, limit int, after *search.Position) (search.Page, error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return search.Page{}, err
	}
	body, err := searchBody(question, limit, after)
	if err != nil {
		return search.Page{}, problem.Wrap(problem.Internal, err, detailUnusable)
	}
	var page search.Page
	about := awscall.Access{Action: actionGet, Resource: own.search()}
	err = s.calls.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		answer, metadata, err := s.sender.send(ctx, http.MethodGet, own.search(), body)
		if err == nil {
			page, err = own.read(answer, limit)
		}
		return metadata, translated(err)
	})
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return search.Page{}, err
	}
	return page, nil
}

// translated returns the problem that OpenSearch's answer is for the caller of the service; any other error is returned as it is.
func translated(err error) error {
	var code smithy.APIError
	switch {
	case errors.Is(err, errPartial):
		return problem.WrapUnavailable(err, detailUnavailable, awscall.RetryAfter)
	case errors.As(err, &code) && code.ErrorCode() == "index_not_found_exception":
		return problem.Wrap(problem.NotFound, err, "no such index")
	}
	return err
}

// The actions of the two requests.
const (
	actionGet = "es:ESHttpGet"
	actionPut = "es:ESHttpPut"
)

// Put writes entries, over those of the same shipments. Searches find them within the index's refresh interval, a second. After
// an error some are written; putting them again is harmless.
func (s *Store) Put(ctx context.Context, entries []search.Entry) error {
	own, err := scopeOf(ctx)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		body, err := json.Marshal(documentOf(entry))
		if err != nil {
			return problem.Wrap(problem.Internal, err, detailUnusable)
		}
		path := own.document(entry.ID)
		err = s.calls.Do(ctx, own.tenant, awscall.Access{Action: actionPut, Resource: path}, func() (middleware.Metadata, error) {
			_, metadata, err := s.sender.send(ctx, http.MethodPut, path, body)
			return metadata, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
