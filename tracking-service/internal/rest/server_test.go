package rest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/rest"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// memory is a tracking.Store that keeps its shipments by tenant.
type memory struct {
	mu        sync.Mutex
	shipments map[string][]tracking.Shipment // in the order of their ids
	err       error                          // answered instead, where set
	isStuck   bool                           // waits for the context's end, where set
}

func (m *memory) own(ctx context.Context) ([]tracking.Shipment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, err := tenant.FromContext(ctx)
	if m.isStuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if m.err != nil {
		return nil, m.err
	}
	return m.shipments[id.String()], err
}

func (m *memory) Get(ctx context.Context, id tracking.ShipmentID) (tracking.Shipment, error) {
	own, err := m.own(ctx)
	if err != nil {
		return tracking.Shipment{}, err
	}
	for _, s := range own {
		if s.ID == id {
			return s, nil
		}
	}
	return tracking.Shipment{}, problem.New(problem.NotFound, "no such shipment")
}

func (m *memory) BatchGet(ctx context.Context, ids []tracking.ShipmentID) ([]tracking.Shipment, error) {
	own, err := m.own(ctx)
	return slices.DeleteFunc(slices.Clone(own), func(s tracking.Shipment) bool { return !slices.Contains(ids, s.ID) }), err
}

func (m *memory) List(ctx context.Context, limit int, after tracking.ShipmentID) (
	[]tracking.Shipment, tracking.ShipmentID, error,
) {
	own, err := m.own(ctx)
	rest := slices.DeleteFunc(slices.Clone(own), func(s tracking.Shipment) bool { return s.ID.String() <= after.String() })
	if len(rest) <= limit {
		return rest, tracking.ShipmentID{}, err
	}
	return rest[:limit], rest[limit-1].ID, err
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600))

// shipment returns one from Singapore to Rotterdam that left delay late.
func shipment(t testing.TB, id string, delay time.Duration) tracking.Shipment {
	t.Helper()
	origin, err1 := tracking.ParseUNLocationCode("SGSIN")
	destination, err2 := tracking.ParseUNLocationCode("NLRTM")
	shipmentID, err3 := tracking.ParseShipmentID(id)
	if err := cmp.Or(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	left := noon.Add(delay)
	return tracking.Shipment{
		ID: shipmentID, CarrierBookingReference: "BOOKING-" + id[:1], Carrier: "MAEU", Origin: origin, Destination: destination,
		Milestones: []tracking.Milestone{
			{Type: tracking.Departed, Location: origin, Planned: noon, Actual: &left},
			{Type: tracking.Arrived, Location: destination, Planned: noon.Add(240 * time.Hour), Estimated: &left},
		},
	}
}

// service is a tracking service on loopback, as its binary wires it, over a store in memory.
type service struct {
	t        *testing.T
	addr     string
	echo     *echo.Echo
	store    *memory
	archive  *archive
	finder   *finder
	issuer   *authntest.Issuer
	document *openapitest.Document
	now      *time.Time
	closed   atomic.Pointer[problem.Error] // why no shipment is served
	shut     atomic.Pointer[problem.Error] // why no document is
	lost     atomic.Pointer[problem.Error] // why nothing is searched
}

func start(t *testing.T) *service {
	t.Helper()
	return startWith(t, nil)
}

// startWith is start with limits for each tenant.
func startWith(t *testing.T, tiers *fairshare.Tiers) *service {
	t.Helper()
	now := noon
	s := &service{
		t: t, issuer: authntest.Start(t), document: openapitest.Load(t, trackingapi.Document()), now: &now,
		store: &memory{shipments: map[string][]tracking.Shipment{
			"yellow": {shipment(t, "1001", 6*time.Hour), shipment(t, "1002", time.Hour)},
			"blue":   {shipment(t, "1001", -2*time.Hour), shipment(t, "2002", 0)},
		}},
	}
	domain, err := tracking.New(s.store)
	check(t, err)
	s.archive = &archive{files: map[string]file{}}
	papers, err := documents.New(documents.Config{Store: s.archive, Shipments: domain, MaxBytes: maxDocument})
	check(t, err)
	s.finder = &finder{shipments: s.store}
	finds, err := search.New(s.finder)
	check(t, err)
	verifier, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{s.issuer.Provider()}})
	check(t, err)
	tel, err := telemetry.New(telemetry.Config{Service: "tracking-service", Writer: t.Output(), Level: "warn"})
	check(t, err)
	server, err := httpserver.New(httpserver.Config{
		Service: "tracking-service", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: tel,
		RequestTimeout: 5 * time.Second, ShutdownTimeout: 100 * time.Millisecond, OpenAPI: trackingapi.Document(), Streams: rest.Streams(), Tiers: tiers,
	})
	check(t, err)
	s.echo = server.Echo()
	check(t, rest.Register(s.echo, rest.Config{
		Service: domain, Documents: papers, Search: finds, Authenticate: httpserver.Authenticate(verifier), FairShare: server.FairShare,
		Open: because(&s.closed), OpenDocuments: because(&s.shut), OpenSearches: because(&s.lost), CursorKey: make([]byte, 32), Clock: func() time.Time { return *s.now },
	}))
	check(t, server.Listen())
	s.addr = server.Addr()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() { stop(); check(t, <-done) })
	return s
}

func because(closed *atomic.Pointer[problem.Error]) func() error {
	return func() error {
		if why := closed.Load(); why != nil {
			return why
		}
		return nil
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// halfClosed sends a request and the end of the client's side after it.
func (s *service) halfClosed(target string, header ...string) openapitest.Answer {
	s.t.Helper()
	client := openapitest.Client{Addr: s.addr, Document: s.document, HalfClose: true}
	return client.Do(s.t, http.MethodGet, target, append(header, s.bearer("yellow"))...)
}

// raw sends a request as it is, and compares the answer with the document.
func (s *service) raw(method, target string, header ...string) openapitest.Answer {
	s.t.Helper()
	return openapitest.Client{Addr: s.addr, Document: s.document}.Do(s.t, method, target, header...)
}

func (s *service) bearer(tenant string) string {
	return "Authorization: Bearer " + s.issuer.Token(tenant, "ana")
}

// get asks as a user of tenant.
func (s *service) get(tenant, target string) openapitest.Answer {
	s.t.Helper()
	return s.raw(http.MethodGet, target, s.bearer(tenant))
}

// list asks for shipments and returns what must be a list.
func (s *service) list(tenant, query string) trackingapi.ShipmentList {
	s.t.Helper()
	a := s.get(tenant, "/shipments"+query)
	var list trackingapi.ShipmentList
	if err := json.Unmarshal(a.Content, &list); err != nil || a.StatusCode != http.StatusOK {
		s.t.Fatalf("/shipments%s: %d %s, %v, want a list", query, a.StatusCode, a.Content, err)
	}
	return list
}

func idsOf(list trackingapi.ShipmentList) []string {
	ids := []string{}
	for _, s := range list.Shipments {
		ids = append(ids, s.ShipmentID)
	}
	return ids
}

// limits are such that a tenant may ask once, and then no more while a test runs.
func limits(t *testing.T) *fairshare.Tiers {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.json")
	check(t, os.WriteFile(path, []byte(`{"defaultTier": "once", "tiers": {"once": {"rate": 0.1, "burst": 1, "inFlight": 1}}}`), 0o600))
	tiers, err := fairshare.Read(path)
	check(t, err)
	return tiers
}
