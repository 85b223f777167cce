package rest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// startWithMany returns a service where green has 45 shipments.
func startWithMany(t *testing.T) (*service, []string) {
	t.Helper()
	s := start(t)
	var ids []string
	var shipments []tracking.Shipment
	for i := range 45 {
		ids = append(ids, fmt.Sprintf("G%03d", i))
		shipments = append(shipments, shipment(t, ids[i], 0))
	}
	s.store.shipments["green"] = shipments
	return s, ids
}

func TestPagesHoldEachShipmentOnce(t *testing.T) {
	s, want := startWithMany(t)
	for _, limit := range []string{"", "limit=1", "limit=7", "limit=44", "limit=45", "limit=100"} {
		var got []string
		query := "?" + limit
		for range 50 {
			page := s.list("green", query)
			got = append(got, idsOf(page)...)
			if page.NotFound != nil {
				t.Fatalf("%s: a page has notFound", limit)
			}
			if page.NextCursor == nil {
				break
			}
			query = "?" + strings.Trim(limit+"&cursor="+*page.NextCursor, "&")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: the pages hold %v, want each once", limit, got)
		}
	}
}

func TestBareListIsTheFirstPageOf20(t *testing.T) {
	s, want := startWithMany(t)
	if got := idsOf(s.list("green", "")); !slices.Equal(got, want[:20]) {
		t.Errorf("a bare /shipments holds %v, want the first 20", got)
	}
}

func TestUnusableCursorsAreAnsweredAlike(t *testing.T) {
	s, ids := startWithMany(t)
	s.store.shipments["yellow"] = s.store.shipments["green"]
	cursor := *s.list("green", "?limit=10").NextCursor
	invented := s.get("green", "/shipments?cursor=invented")
	refused := func(name string, a openapitest.Answer) {
		t.Helper()
		if a.StatusCode != http.StatusBadRequest || a.FirstField(t) != "cursor" || a.WithoutRequestID(t) != invented.WithoutRequestID(t) {
			t.Errorf("%s: %d %s, want 400 as for an invented one: %s", name, a.StatusCode, a.Content, invented.Content)
		}
	}
	refused("not even of its form", s.get("green", "/shipments?cursor=%21"))
	refused("too long", s.get("green", "/shipments?cursor="+strings.Repeat("A", 600)))
	refused("empty", s.get("green", "/shipments?cursor="))
	refused("foreign", s.get("yellow", "/shipments?cursor="+cursor))
	altered := "A" + cursor[1:]
	if altered == cursor {
		altered = "B" + cursor[1:]
	}
	refused("altered", s.get("green", "/shipments?cursor="+altered))
	if got := idsOf(s.list("green", "?limit=10&cursor="+cursor)); !slices.Equal(got, ids[10:20]) {
		t.Errorf("the tenant's own cursor: %v, want the second ten", got)
	}
	*s.now = s.now.Add(time.Hour + time.Second)
	refused("old", s.get("green", "/shipments?cursor="+cursor))
}
