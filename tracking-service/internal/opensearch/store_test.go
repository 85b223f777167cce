package opensearch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/requestid"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/opensearch"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
	"example.com/shiptrack/tracking-service/internal/search"
)

func (k kit) search(t *testing.T, owner, words, status string, limit int, after *search.Position) search.Page {
	t.Helper()
	page, err := k.Search(awscalltest.As(t, owner), question(t, words, status), limit, after)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func idsOf(page search.Page) []string {
	ids := []string{}
	for _, hit := range page.Hits {
		ids = append(ids, hit.ID.String())
	}
	return ids
}

func TestEachTenantSearchesItsOwnIndexWithItsOwnSession(t *testing.T) {
	k := newKit(t)
	for owner, delay := range map[string]time.Duration{"yellow": time.Hour, "blue": 0} {
		if err := k.Put(awscalltest.As(t, owner), []search.Entry{entry(t, "1001", delay), entry(t, "of-"+owner, 0)}); err != nil {
			t.Fatal(err)
		}
		put := k.domain.Last(t)
		if put.Method != http.MethodPut || put.Target != "/"+owner+"-shipments/_doc/of-"+owner || put.AccessKey != strings.ToUpper(owner) {
			t.Errorf("%s writes by %s %s with the session %s", owner, put.Method, put.Target, put.AccessKey)
		}
	}
	for owner, delay := range map[string]int{"yellow": 60, "blue": 0} {
		page := k.search(t, owner, "rotterdam", "", 10, nil)
		call := k.domain.Last(t)
		if call.Method != http.MethodGet || call.Target != "/"+owner+"-shipments/_search" || call.AccessKey != strings.ToUpper(owner) || call.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s searches by %s %s with the session %s, %v", owner, call.Method, call.Target, call.AccessKey, call.Header)
		}
		if got := idsOf(page); !slices.Equal(got, []string{"1001", "of-" + owner}) || page.Total != 2 || page.Next != nil {
			t.Errorf("%s finds %v of %d", owner, got, page.Total)
		}
		if first := page.Hits[0]; first.Summary != entry(t, "1001", time.Duration(delay)*time.Minute).Summary {
			t.Errorf("%s's 1001 is %+v", owner, first.Summary)
		}
		if got := k.trail.Last(t); got.Decision != audit.Allow || got.Action != "es:ESHttpGet" || got.Resource != owner+"-shipments/_search" ||
			got.AWSRequestID == "" || !strings.Contains(got.Session, "/"+owner+"@") || got.Tenant != owner {
			t.Errorf("audited %+v", got)
		}
	}
	if _, err := k.Search(context.Background(), search.Question{}, 1, nil); err == nil || problem.KindOf(err) != problem.Internal {
		t.Errorf("without a tenant: %v", err)
	}
}

func TestTenantWithoutAnIndexHasNoShipments(t *testing.T) {
	k := newKit(t)
	if page := k.search(t, "yellow", "rotterdam", "", 10, nil); page.Total != 0 || len(page.Hits) != 0 || page.Next != nil {
		t.Errorf("%+v", page)
	}
	if got := k.trail.Last(t); got.Decision != audit.Allow || k.outage.Away() {
		t.Errorf("audited %+v, away %t", got, k.outage.Away())
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	k := newKit(t)
	var all []search.Entry
	for i := range 5 {
		all = append(all, entry(t, fmt.Sprint(1001+i), 0))
	}
	if err := k.Put(awscalltest.As(t, "yellow"), all); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"", "rotterdam"} {
		var got []string
		var after *search.Position
		for pages := 0; pages == 0 || after != nil; pages++ {
			page := k.search(t, "yellow", words, "", 2, after)
			got, after = append(got, idsOf(page)...), page.Next
			if page.Total != 5 || pages > 3 {
				t.Fatalf("%q: total %d, page %d", words, page.Total, pages)
			}
		}
		if !slices.Equal(got, []string{"1001", "1002", "1003", "1004", "1005"}) {
			t.Errorf("%q: %v", words, got)
		}
	}
}

// bodyOf is the body of the search for a question.
func (k kit) bodyOf(t *testing.T, words, status string, after *search.Position) map[string]any {
	t.Helper()
	k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal { return opensearchtest.Denied })
	_, err := k.Search(awscalltest.As(t, "yellow"), question(t, words, status), 20, after)
	awscalltest.WantKind(t, err, problem.Denied)
	var body map[string]any
	if err := json.Unmarshal([]byte(k.domain.Last(t).Body), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// The body is the same whatever the words are, but for the one text that they are.
func TestNothingOfTheWordsBecomesPartOfTheQuery(t *testing.T) {
	k := newKit(t)
	const (
		ranked = `{"_source":["shipmentId","statusCode","eta","delayMinutes","carrierCode","carrierBookingReference","origin","destination"],` +
			`"highlight":{"fields":{"carrier":{},"milestones":{},"places":{},"reference":{},"status":{}},"number_of_fragments":3},` +
			`"query":{"bool":{"must":{"multi_match":{"fields":["reference","places","carrier","status","milestones"],"operator":"and","query":%s,"type":"cross_fields"}}}},` +
			`"size":21,"sort":[{"_score":"desc"},{"shipmentId":"asc"}],"track_total_hits":true}`
		filtered = `{"_source":["shipmentId","statusCode","eta","delayMinutes","carrierCode","carrierBookingReference","origin","destination"],` +
			`"query":{"bool":{"filter":{"term":{"statusCode":"IN_TRANSIT"}},"must":{"match_all":{}}}},` +
			`"search_after":[1772366400000,"1001"],"size":21,"sort":[{"eta":"asc"},{"shipmentId":"asc"}],"track_total_hits":true}`
	)
	for _, words := range []string{
		"rotterdam delayed", `_index:blue-shipments`, `"}}, "indices_boost":[{"blue-shipments":1}], "x":{"y":"`, "* OR ?", `/.*/`, `{"query":{"match_all":{}}}`,
		`\u0022`, "<em>", "a OR b) (", "a\u2028b",
	} {
		quoted, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		wantBody(t, k.bodyOf(t, words, "", nil), fmt.Sprintf(ranked, quoted))
	}
	after := search.Position{Key: 1772366400000, ID: entry(t, "1001", 0).ID}
	wantBody(t, k.bodyOf(t, "", "IN_TRANSIT", &after), filtered)
}

func wantBody(t *testing.T, got map[string]any, want string) {
	t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(got), fmt.Sprint(wanted); a != b {
		t.Errorf("the body is\n%s, want\n%s", a, b)
	}
}

func TestHighlightsAreSafeInAPage(t *testing.T) {
	k := newKit(t)
	e := entry(t, "1001", 0)
	e.Texts[search.Reference] = []string{`<script>alert("1&2")</script>`}
	if err := k.Put(awscalltest.As(t, "yellow"), []search.Entry{e}); err != nil {
		t.Fatal(err)
	}
	got := k.search(t, "yellow", "<script", "", 1, nil).Hits[0].Highlights[search.Reference]
	if want := "<em>&lt;script&gt;alert(&#34;1&amp;2&#34;)&lt;/script&gt;</em>"; !slices.Equal(got, []string{want}) {
		t.Errorf("highlights %q, want %q", got, want)
	}
}

func TestRequestIDStandsInTheUserAgent(t *testing.T) {
	k := newKit(t)
	ctx := requestid.NewContext(awscalltest.As(t, "yellow"), "OURS", "theirs")
	_ = k.Put(ctx, []search.Entry{entry(t, "1001", 0)})
	if got := k.domain.Last(t).Header.Get("User-Agent"); !strings.HasSuffix(got, " md/origin-request-id#theirs md/request-id#OURS") {
		t.Errorf("User-Agent %q", got)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	if _, err := opensearch.New(opensearch.Config{AWS: aws.Config{Region: "us-east-1"}, Endpoint: "http://127.0.0.1"}); err == nil {
		t.Error("New needs no token vending machine")
	}
	if _, err := opensearch.NewProbe(aws.Config{Region: "us-east-1"}, nil, "http://127.0.0.1"); err == nil {
		t.Error("NewProbe needs no sessions")
	}
}
