package rest_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/pkg/trackingapi/contract/contracttest"
	"example.com/shiptrack/tracking-service/internal/rest"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// memory is a tracking.Store that keeps its shipments by tenant.
type memory struct {
	mu        sync.Mutex
	shipments map[string][]tracking.Shipment // in the order of their ids
	err       error                          // answered instead, where set
}

func (m *memory) own(ctx context.Context) ([]tracking.Shipment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, err := tenant.FromContext(ctx)
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
	issuer   *authntest.Issuer
	document *contracttest.Document
	now      *time.Time
}

func start(t *testing.T) *service {
	t.Helper()
	now := noon
	s := &service{
		t: t, issuer: authntest.Start(t), document: contracttest.Load(t, trackingapi.Document()), now: &now,
		store: &memory{shipments: map[string][]tracking.Shipment{
			"yellow": {shipment(t, "1001", 6*time.Hour), shipment(t, "1002", time.Hour)},
			"blue":   {shipment(t, "1001", -2*time.Hour), shipment(t, "2002", 0)},
		}},
	}
	domain, err := tracking.New(s.store)
	check(t, err)
	verifier, err := authn.New(t.Context(), authn.Config{Issuer: s.issuer.URL, Audience: authntest.Audience})
	check(t, err)
	tel, err := telemetry.New(telemetry.Config{Service: "tracking-service", Writer: t.Output(), Level: "warn"})
	check(t, err)
	server, err := httpserver.New(httpserver.Config{
		Service: "tracking-service", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: tel,
		RequestTimeout: 5 * time.Second, ShutdownTimeout: 100 * time.Millisecond, OpenAPI: trackingapi.Document(),
	})
	check(t, err)
	s.echo = server.Echo()
	check(t, rest.Register(s.echo, rest.Config{
		Service: domain, Authenticate: httpserver.Authenticate(verifier),
		CursorKey: make([]byte, 32), Clock: func() time.Time { return *s.now },
	}))
	check(t, server.Listen())
	s.addr = server.Addr()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() { stop(); check(t, <-done) })
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back, its body read.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) problem(t testing.TB) problem.Document {
	t.Helper()
	var doc problem.Document
	if err := json.Unmarshal(a.body, &doc); err != nil || a.Header.Get("Content-Type") != problem.ContentType {
		t.Fatalf("%d %s %s: not a problem: %v", a.StatusCode, a.Header.Get("Content-Type"), a.body, err)
	}
	return doc
}

// raw sends a request whose target nobody has tidied up, and compares the answer with the document.
func (s *service) raw(method, target string, header ...string) answer {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	check(s.t, err)
	defer conn.Close()
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: " + s.addr, "Connection: close"}, header...)
	_, err = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n")
	check(s.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	check(s.t, err)
	body, err := io.ReadAll(resp.Body)
	check(s.t, err)
	a := answer{resp, body}
	if operation := operationOf(method, target); operation != "" {
		if err := s.document.CheckResponse(operation, a.StatusCode, a.Header, a.body); err != nil {
			s.t.Errorf("%s %s: %v", method, target, err)
		}
	}
	return a
}

// operationOf returns the operation that a plain target is for.
func operationOf(method, target string) string {
	path, _, _ := strings.Cut(target, "?")
	segments := strings.Split(path, "/")
	switch {
	case method != http.MethodGet || segments[1] != "shipments":
		return ""
	case len(segments) == 2:
		return "GET /shipments"
	case len(segments) == 3 && segments[2] != "":
		return "GET /shipments/{shipmentId}"
	case len(segments) == 4 && segments[2] != "" && segments[3] == "eta":
		return "GET /shipments/{shipmentId}/eta"
	}
	return ""
}

func (s *service) bearer(tenant string) string {
	return "Authorization: Bearer " + s.issuer.Token(tenant, "ana")
}

// get asks as a user of tenant.
func (s *service) get(tenant, target string) answer {
	s.t.Helper()
	return s.raw(http.MethodGet, target, s.bearer(tenant))
}

// list asks for shipments and returns what must be a list.
func (s *service) list(tenant, query string) trackingapi.ShipmentList {
	s.t.Helper()
	a := s.get(tenant, "/shipments"+query)
	var list trackingapi.ShipmentList
	if err := json.Unmarshal(a.body, &list); err != nil || a.StatusCode != http.StatusOK {
		s.t.Fatalf("/shipments%s: %d %s, %v, want a list", query, a.StatusCode, a.body, err)
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

// sameButRequestID reports whether two bodies differ in nothing but the id of their request.
func sameButRequestID(t testing.TB, a, b answer) bool {
	t.Helper()
	strip := func(a answer) []byte {
		doc := a.problem(t)
		return bytes.Replace(a.body, []byte(doc.RequestID), nil, 1)
	}
	return bytes.Equal(strip(a), strip(b))
}
