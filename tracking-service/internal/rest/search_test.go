package rest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
)

const searchPath = "/shipments/search"

// found searches and returns what must be a result.
func (s *service) found(tenant, query string) trackingapi.SearchResult {
	s.t.Helper()
	a := s.get(tenant, searchPath+query)
	var result trackingapi.SearchResult
	if err := json.Unmarshal(a.Content, &result); err != nil || a.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s, %v, want a result", query, a.StatusCode, a.Content, err)
	}
	return result
}

func foundIDs(result trackingapi.SearchResult) []string {
	ids := []string{}
	for _, s := range result.Shipments {
		ids = append(ids, s.ShipmentID)
	}
	return ids
}

func TestWordsFindTheTenantsOwnShipments(t *testing.T) {
	s := start(t)
	for _, tc := range []struct {
		tenant, query string
		want          []string
	}{
		{"yellow", "", []string{"1001", "1002"}},
		{"yellow", "?q=rotterdam+delayed", []string{"1001", "1002"}},
		{"yellow", "?q=rotterdam&status=IN_TRANSIT", []string{"1001", "1002"}},
		{"yellow", "?q=rotterdam&status=DELIVERED", []string{}},
		{"blue", "?q=delayed", []string{}},
		{"blue", "?q=early", []string{"1001"}},
		{"green", "?q=rotterdam", []string{}},
	} {
		result := s.found(tc.tenant, tc.query)
		if got := foundIDs(result); !slices.Equal(got, tc.want) || result.Total != int64(len(tc.want)) || result.NextCursor != nil {
			t.Errorf("%s searches %s: %v of %d, want %v", tc.tenant, tc.query, got, result.Total, tc.want)
		}
	}
	first := s.found("yellow", "?q=rotterdam").Shipments[0]
	if first.Carrier != "MAEU" || first.DelayMinutes != 360 || first.Destination != "NLRTM" || first.Status != trackingapi.StatusINTRANSIT ||
		!first.Eta.Equal(noon.Add(246*time.Hour)) || first.Highlights.Places == nil || (*first.Highlights.Places)[0] != "<em>Rotterdam NLRTM</em>" || first.Highlights.Status != nil {
		t.Errorf("a hit is %+v", first)
	}
}

// wantCursorRefused checks that the answer is the one refusal of a cursor.
func (s *service) wantCursorRefused(what, tenant, target string) {
	s.t.Helper()
	a := s.get(tenant, target)
	if a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.Content), `"errors":[{"name":"cursor","reason":"is not the nextCursor of a page given to you within the last hour"}]`) {
		s.t.Errorf("%s: %d %s, want the refusal of a cursor", what, a.StatusCode, a.Content)
	}
}

func TestCursorOfASearchIsForItsTenantAndQuestion(t *testing.T) {
	s := start(t)
	const query = "?q=rotterdam&limit=1"
	first := s.found("yellow", query)
	if first.NextCursor == nil || first.Total != 2 || !slices.Equal(foundIDs(first), []string{"1001"}) {
		t.Fatalf("the first page is %+v", first)
	}
	cursor := "&cursor=" + *first.NextCursor
	if second := s.found("yellow", query+cursor); !slices.Equal(foundIDs(second), []string{"1002"}) || second.NextCursor != nil {
		t.Errorf("the second page is %+v", second)
	}
	if second := s.found("yellow", "?q=rotterdam&limit=7"+cursor); !slices.Equal(foundIDs(second), []string{"1002"}) {
		t.Errorf("the rest is %+v", second)
	}
	for name, other := range map[string]string{
		"other words": "?q=singapore", "no words": "?limit=1", "a status": "?q=rotterdam&status=IN_TRANSIT",
	} {
		s.wantCursorRefused(name, "yellow", searchPath+other+cursor)
	}
	s.wantCursorRefused("another tenant's", "blue", searchPath+query+cursor)
	s.wantCursorRefused("in the list", "yellow", "/shipments?limit=1"+cursor)
	if list := s.list("yellow", "?limit=1"); list.NextCursor == nil {
		t.Error("the list has no second page")
	} else {
		s.wantCursorRefused("of the list", "yellow", searchPath+query+"&cursor="+*list.NextCursor)
	}
	s.wantCursorRefused("invented", "yellow", searchPath+query+"&cursor=abc")
	*s.now = s.now.Add(time.Hour + time.Second)
	s.wantCursorRefused("old", "yellow", searchPath+query+cursor)
}

func TestBadSearchesAreRefusedBeforeTheIndexIsAsked(t *testing.T) {
	s := start(t)
	for query, field := range map[string]string{
		"?q=" + strings.Repeat("a", 257):       "q",
		"?q=" + strings.Repeat("%C3%A9", 257):  "q",
		"?q=a%00b":                             "q",
		"?q=%0A":                               "q",
		"?q=%FF":                               "q",
		"?q=":                                  "q",
		"?q=a&q=b":                             "q",
		"?status=LOST":                         "status",
		"?status=":                             "status",
		"?limit=0":                             "limit",
		"?limit=101":                           "limit",
		"?cursor=":                             "cursor",
		"?q=a&index=blue-shipments":            "index",
		"?source=%7B%7D&source_content_type=x": "source",
		"?tenant=blue":                         "tenant",
		"?q=a&search_type=query_then_fetch&from=10000": "from",
	} {
		a := s.get("yellow", searchPath+query)
		if a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.Content), `"name":"`+field+`"`) {
			t.Errorf("%s: %d %s, want 400 about %s", query, a.StatusCode, a.Content, field)
		}
	}
	if asked := s.finder.questions(); len(asked) > 0 {
		t.Errorf("the index was asked %q", asked)
	}
	longest := strings.Repeat("é", 256)
	if s.found("yellow", "?q="+url.QueryEscape(longest)); s.finder.questions()[0].Words != longest {
		t.Error("256 characters are not what the index is asked for")
	}
}

func TestSearchIsNoShipment(t *testing.T) {
	s := start(t)
	for _, target := range []string{"/shipments/search/eta", "/shipments/search/documents", "/shipments?ids=search", "/shipments/search/documents/a.pdf"} {
		if a := s.get("yellow", target); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", target, a.StatusCode, a.Content)
		}
	}
	if a := s.raw(http.MethodGet, searchPath); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", a.StatusCode)
	}
}

func TestSearchThatFailsOrIsClosedLeavesShipmentsAlone(t *testing.T) {
	s := start(t)
	s.finder.fail(problem.WrapUnavailable(nil, "away", time.Second))
	if a := s.get("yellow", searchPath); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "1" {
		t.Errorf("an index that is away: %d %v", a.StatusCode, a.Header)
	}
	s.finder.fail(problem.WrapTimeout(nil, "slow", time.Second))
	if a := s.get("yellow", searchPath); a.StatusCode != http.StatusGatewayTimeout || a.Header.Get("Retry-After") != "1" {
		t.Errorf("a slow index: %d %v", a.StatusCode, a.Header)
	}
	s.finder.fail(nil)
	s.lost.Store(problem.WrapUnavailable(nil, "closed", time.Second))
	if a := s.get("yellow", searchPath); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a closed search: %d", a.StatusCode)
	}
	for _, target := range []string{"/shipments/1001/eta", "/shipments", "/shipments/1001/documents"} {
		if a := s.get("yellow", target); a.StatusCode != http.StatusOK {
			t.Errorf("%s beside it: %d %s", target, a.StatusCode, a.Content)
		}
	}
	s.lost.Store(nil)
	s.closed.Store(problem.WrapUnavailable(nil, "closed", time.Second))
	if a := s.get("yellow", searchPath); a.StatusCode != http.StatusOK {
		t.Errorf("a search beside closed shipments: %d", a.StatusCode)
	}
}
