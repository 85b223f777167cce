// Package trackingclient asks the tracking service on behalf of the user whose request is being answered:
// with that user's own bearer token, and within the remaining time of that request. It refuses an answer
// that does not match its question. No parameter names a tenant: the token does.
package trackingclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
)

// reserve is the part of a request's time that is kept for the answer, so that a slow tracking service leads to
// a 504 and not to a broken connection.
const reserve = 50 * time.Millisecond

// Config is what a Client needs.
type Config struct {
	URL string // of the tracking service, http or https, with or without a path
	// Transport sends the requests. It should be sized for the load, and pass on the request id and the deadline (see
	// httpclient.New). There is no http.Client around it, so no redirect is followed.
	Transport http.RoundTripper
}

// Client asks the tracking service. Every context given to it carries the caller (authn.NewContext): one
// without is an error before any packet leaves. It is safe for concurrent use.
//
// All methods return the same errors, all of them problems: Invalid, with the fields that the tracking service
// named; Unauthenticated where it does not believe the token; Denied, which is an alarm; TenantSuspended; NotFound; LimitExceeded
// where the tenant asks for more than its share; Unavailable where it cannot be reached; Timeout where it does not answer in time; Internal where its answer does not follow the
// contract.
type Client struct {
	api       *trackingapi.Client
	transport http.RoundTripper
	readyAt   string
}

// New returns a Client, or an error where cfg cannot be used.
func New(cfg Config) (*Client, error) {
	if err := config.CheckURL(cfg.URL); err != nil {
		return nil, fmt.Errorf("trackingclient: URL %w", err)
	}
	if cfg.Transport == nil {
		return nil, errors.New("trackingclient: New needs a Transport")
	}
	api, err := trackingapi.NewClient(cfg.URL, trackingapi.WithHTTPClient(retryOnReset{cfg.Transport}),
		trackingapi.WithRequestEditorFn(onBehalfOfTheCaller))
	if err != nil {
		return nil, fmt.Errorf("trackingclient: %w", err)
	}
	readyAt, err := url.JoinPath(cfg.URL, "readyz")
	if err != nil {
		return nil, fmt.Errorf("trackingclient: %w", err)
	}
	return &Client{api: api, transport: cfg.Transport, readyAt: readyAt}, nil
}

func onBehalfOfTheCaller(ctx context.Context, r *http.Request) error {
	token, ok := authn.BearerToken(ctx)
	if !ok {
		return problem.New(problem.Internal, "the request has no caller")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json, "+problem.ContentType)
	return nil
}

// GetShippingETA returns the ETA of the shipment.
func (c *Client) GetShippingETA(ctx context.Context, id trackingapi.ShipmentID) (trackingapi.ETA, error) {
	return ask(ctx,
		func(ctx context.Context) (*http.Response, error) { return c.api.GetShippingETA(ctx, id) },
		func(answer trackingapi.ETA) bool {
			return answer.ShipmentID == id && answer.Status.Valid() && !answer.Eta.IsZero()
		})
}

// GetShipment returns the shipment.
func (c *Client) GetShipment(ctx context.Context, id trackingapi.ShipmentID) (trackingapi.Shipment, error) {
	return ask(ctx,
		func(ctx context.Context) (*http.Response, error) { return c.api.GetShipment(ctx, id) },
		func(answer trackingapi.Shipment) bool { return answer.ShipmentID == id && isWhole(answer) })
}

// ListShipments returns the shipments that params ask for.
func (c *Client) ListShipments(ctx context.Context, params trackingapi.ListShipmentsParams) (
	trackingapi.ShipmentList, error,
) {
	return ask(ctx,
		func(ctx context.Context) (*http.Response, error) { return c.api.ListShipments(ctx, &params) },
		func(answer trackingapi.ShipmentList) bool { return answers(params, answer) })
}

// SearchShipments returns the shipments that params ask for.
func (c *Client) SearchShipments(ctx context.Context, params trackingapi.SearchShipmentsParams) (trackingapi.SearchResult, error) {
	return ask(ctx,
		func(ctx context.Context) (*http.Response, error) { return c.api.SearchShipments(ctx, &params) },
		func(answer trackingapi.SearchResult) bool { return isResult(params, answer) })
}

// Ready returns nil where the tracking service says that it can answer requests, else a problem of kind
// Unavailable. It needs no caller.
func (c *Client) Ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.readyAt, nil)
	if err != nil {
		return err
	}
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return unavailable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return unavailable(fmt.Errorf("trackingclient: /readyz answers %d", resp.StatusCode))
	}
	return nil
}

// ask sends one request, and returns its answer if that follows the contract.
func ask[T any](ctx context.Context, send func(context.Context) (*http.Response, error), isValid func(T) bool) (T, error) {
	var answer T
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	resp, err := send(ctx)
	if err != nil {
		return answer, classify(err)
	}
	defer resp.Body.Close()
	body, err := read(resp.Body)
	if err != nil {
		return answer, err
	}
	if resp.StatusCode != http.StatusOK {
		return answer, failure(resp, body)
	}
	if err := decode(resp, "application/json", body, &answer); err != nil {
		return *new(T), unexpected(err)
	}
	if !isValid(answer) {
		return *new(T), unexpected(errors.New("trackingclient: the answer is not to what was asked"))
	}
	return answer, nil
}
