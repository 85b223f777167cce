package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// theirReference is a word that stands in one shipment of victim, theirs, and in none of attacker.
const theirReference = "MA97110565"

// searches are queries, as a URL has them, whose words could be taken for more than words.
var searches = map[string]string{
	"reference": theirReference, "field": "_index%3Ablue~of-index~%20" + theirReference, "field-of-tenant": "~tag~%3Ablue", "index-name": "blue~of-index~", "wildcard": "*", "wildcard-end": "MA97*", "question-mark": "MA9711056%3F",
	"quoted": "%22" + theirReference + "%22", "quote-open": "%22" + theirReference, "regular-expression": "%2FMA.%2A%2F", "or": "x%20OR%20" + theirReference, "not": "NOT%20x", "range": "%5B*%20TO%20*%5D", "fuzzy": "MA97110566~", "boost": theirReference + "%5E5",
	"json": "%7B%22query%22%3A%7B%22match_all%22%3A%7B%7D%7D%7D", "json-closed": "x%22%7D%7D%2C%22query%22%3A%7B%22match_all%22%3A%7B%7D%7D%2C%22y%22%3A%7B%22z%22%3A%7B%22q%22%3A%22x",
	"null": theirReference + "%00", "new-line": theirReference + "%0A%7B%22index%22%3A%22blue~of-index~%22%7D", "too-long": strings.Repeat("MA97110565%20", 24), "escaped": "%5C" + theirReference, "lookup": "%7B%22terms%22%3A%7B%22_id%22%3A%7B%22index%22%3A%22blue~of-index~%22%7D%7D%7D",
	"tenant-beside": theirReference + "&~tag~=blue", "index-beside": theirReference + "&index=blue~of-index~", "twice": "x&q=" + theirReference, "empty": "",
}

// searchCalls are searches for the other tenant's shipments. An answer that does not name one of them counts as a denial.
func searchCalls(prefix string, direct bool) []*Attack {
	search := func(query string, token func(*services) string) call {
		return call{direct: direct, path: "/shipments/search?q=" + query, token: token, header: "X-Tenant-ID: blue\r\n"}
	}
	add := func(name, does string, attempt, control Step) *Attack {
		return &Attack{
			Name: "http/" + prefix + "search-" + name, Does: attacker + "'s token: " + does, Differs: "the token is " + victim + "'s, who looks for the reference", Layer: Service, Codes: []string{"404", "400"}, services: true, local: true, // an account has no domain
			Attempt: attempt, Control: control,
		}
	}
	control := search(theirReference, good(victim)).step(withoutTheirs)
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(searches)) {
		c := search(searches[name], good(attacker))
		all = append(all, add(name, c.path, c.step(withoutTheirs), control))
	}
	return append(all, add("cursor", "the cursor of "+victim+"'s search", searchCursor(direct, good(attacker)), searchCursor(direct, good(victim))))
}

// withoutTheirs turns an answer that does not name the other tenant's shipment into a 404.
func withoutTheirs(a Answer) Answer {
	if a.ok() && !bytes.Contains(a.Body, []byte(theirReference)) && !bytes.Contains(a.Body, []byte(`"shipmentId":"`+theirs)) {
		a.Status, a.Code, a.By = 404, "404", a.By+", "+theirs+" not found"
	}
	return a
}

// searchCursor gets the first page of victim's search, and then the next one with token.
func searchCursor(direct bool, token func(*services) string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		page := call{direct: direct, path: "/shipments/search?limit=1", token: good(victim)}
		a, err := page.send(ctx, w.services)
		if err != nil || !a.ok() {
			return a, err
		}
		var first struct{ NextCursor string }
		if err := json.Unmarshal(a.Body, &first); err != nil {
			return a, err
		}
		page.path, page.token = page.path+"&cursor="+first.NextCursor, token
		return page.send(ctx, w.services)
	}
}
