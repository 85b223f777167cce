package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// httpAttacks are requests with a valid token of the attacker for the other tenant's shipments. A request may name the other
// tenant outside its token: that is refused or ignored, and the answer is the same as for a shipment that nobody has.
func httpAttacks() []*Attack {
	eta := "/shipments/" + theirs + "/eta"
	var all []*Attack
	add := func(name, does, differs string, attempt, control call) {
		all = append(all, &Attack{
			Name: "http/" + name, Does: attacker + "'s token: " + does, Differs: differs, Layer: Service, Codes: []string{"404", "400", "405"}, services: true,
			Attempt: attempt.step(nil), Control: control.step(nil),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(smuggled)) {
		c := smuggled[name]
		if c.path == "" {
			c.path = eta
		}
		c.token = good(attacker)
		add(name, strings.TrimSpace(c.header+c.body+" "+c.path), "the token is "+victim+"'s, and nothing is smuggled", c, call{path: eta, token: good(victim)})
		c.direct = true
		add("tracking-"+name, strings.TrimSpace(c.header+c.body+" "+c.path)+", to the tracking service itself", "the token is "+victim+"'s, and nothing is smuggled", c, call{direct: true, path: eta, token: good(victim)})
	}
	for prefix, direct := range map[string]bool{"": false, "tracking-": true} {
		all = append(all, batches(prefix, direct)...)
		all = append(all, documentCalls(prefix, direct)...)
		all = append(all, searchCalls(prefix, direct)...)
		all = append(all, &Attack{
			Name: "http/" + prefix + "no-token", Does: "no token, and headers that name the tenant and a user", Differs: "there is a token", Layer: Token, Codes: []string{"401"}, services: true,
			Attempt: call{direct: direct, path: eta, header: "X-Tenant-ID: blue\r\nX-Forwarded-User: ana\r\nX-Amzn-Oidc-Identity: ana\r\n"}.step(nil), Control: call{direct: direct, path: eta, token: good(victim)}.step(nil),
		}, &Attack{
			Name: "http/" + prefix + "token-elsewhere", Does: "the other tenant's token in a cookie and a header of its own, beside the own one", Differs: "the token stands where tokens stand", Layer: Service, Codes: []string{"404", "400"}, services: true,
			Attempt: elsewhere(direct, eta), Control: call{direct: direct, path: eta, token: good(victim)}.step(nil),
		})
	}
	return all
}

// smuggled name the other tenant in every other part of a request.
var smuggled = map[string]call{
	"id":                 {},
	"header":             {header: "X-Tenant-ID: blue\r\n"},
	"header-claim":       {header: "~tag~: blue\r\n"},
	"header-forwarded":   {header: "Forwarded: for=blue\r\nX-Forwarded-Host: blue.example.com\r\n"},
	"header-method":      {method: "POST", header: "X-HTTP-Method-Override: GET\r\n", path: "/shipments/2001/eta?~tag~=blue", body: "{}"},
	"header-url":         {header: "X-Original-URL: /blue/shipments/2001/eta\r\nX-Rewrite-URL: /blue\r\n"},
	"header-hop-by-hop":  {header: "Connection: Authorization\r\nX-Tenant-ID: blue\r\n"},
	"header-split":       {header: "X-Request-Id: a%0d%0aX-Tenant-ID: blue\r\n"},
	"cookie":             {header: "Cookie: ~tag~=blue\r\n"},
	"query":              {path: "/shipments/2001/eta?~tag~=blue"},
	"query-token":        {path: "/shipments/2001/eta?access_token=x&tenant=blue"},
	"body":               {body: `{"~tag~":"blue"}`},
	"path-prefix":        {path: "/blue/shipments/2001/eta"},
	"path-separator":     {path: "/shipments/blue%2F2001/eta"},
	"path-backslash":     {path: "/shipments/blue%5C2001/eta"},
	"path-dots":          {path: "/shipments/x/../2001/eta"},
	"path-encoded-dots":  {path: "/shipments/%2e%2e%2fblue%2f2001/eta"},
	"path-twice-encoded": {path: "/shipments/%2532001/eta"},
	"path-encoded":       {path: "/shipments/%32%30%30%31/eta"},
	"path-null":          {path: "/shipments/2001%00/eta"},
	"path-parameter":     {path: "/shipments/2001;~tag~=blue/eta"},
	"path-hash":          {path: "/shipments/blue%232001/eta"},
	"path-new-line":      {path: "/shipments/2001%0d%0aX-Tenant-ID:%20blue/eta"},
	"path-question-mark": {path: "/shipments/2001%3F~tag~=blue/eta"},
	"path-wildcard":      {path: "/shipments/*/eta"},
	"shipment":           {path: "/shipments/2001"},
}

// documentCalls are requests for the other tenant's documents: the answer is that for a document that nobody has.
func documentCalls(prefix string, direct bool) []*Attack {
	const theirDocument = "/shipments/2002/documents/bill-of-lading.pdf"
	var all []*Attack
	for name, c := range map[string]call{
		"get": {path: theirDocument}, "head": {method: "HEAD", path: theirDocument}, "range": {path: theirDocument, header: "Range: bytes=0-3\r\n"},
		"not-changed": {path: theirDocument, header: "If-None-Match: *\r\n"}, "list": {path: "/shipments/2002/documents"},
		"put":      {method: "PUT", path: "/shipments/2002/documents/planted.pdf", body: "%PDF-1.4"},
		"smuggled": {path: theirDocument + "?~tag~=blue", header: "X-Tenant-ID: blue\r\nX-Amz-Copy-Source: ~bucket~/blue/2002/bill-of-lading.pdf\r\n"},
		"dots":     {path: "/shipments/1001/documents/..%2F..%2F..%2Fblue%2F2002%2Fbill-of-lading.pdf"}, "dots-plain": {path: "/shipments/1001/documents/../../2002/documents/bill-of-lading.pdf"},
		"slash-encoded-twice": {path: "/shipments/..%252F..%252Fblue%252F2002/documents/bill-of-lading.pdf"}, "backslash": {path: "/shipments/1001/documents/..%5C..%5Cblue%5C2002"}, "null": {path: theirDocument + "%00.pdf"},
	} {
		c.direct, c.token = direct, good(attacker)
		control := call{direct: direct, method: c.method, path: theirDocument, body: c.body, token: good(victim)}
		if name == "put" || name == "list" {
			control.path = c.path
		}
		all = append(all, &Attack{
			Name: "http/" + prefix + "documents-" + name, Does: attacker + "'s token: " + strings.TrimSpace(c.method+" "+c.header+c.path), Differs: "the token is " + victim + "'s, and nothing is smuggled", Layer: Service,
			Codes: []string{"404", "400"}, services: true, Attempt: c.step(nil), Control: control.step(nil),
		})
	}
	return all
}

// batches are lists: one that mixes, and a cursor of another tenant. An answer without the other's shipment counts as a denial.
func batches(prefix string, direct bool) []*Attack {
	ids := func(token func(*services) string) Step {
		return call{direct: direct, path: "/shipments?ids=1001,2001", token: token}.step(mentions)
	}
	return []*Attack{
		{
			Name: "http/" + prefix + "batch", Does: attacker + "'s token: a batch that mixes own ids and others'", Differs: "the token is " + victim + "'s", Layer: Service, Codes: []string{"404"}, services: true,
			Attempt: ids(good(attacker)), Control: ids(good(victim)),
		}, {
			Name: "http/" + prefix + "cursor", Does: attacker + "'s token: the cursor of " + victim + "'s list", Differs: "the token is " + victim + "'s", Layer: Service, Codes: []string{"400"}, services: true,
			Attempt: cursor(direct, good(attacker)), Control: cursor(direct, good(victim)),
		},
	}
}

// mentions turns a list that reports the other tenant's shipment as not found into a 404.
func mentions(a Answer) Answer {
	var list struct{ NotFound []string }
	if a.ok() && json.Unmarshal(a.Body, &list) == nil && slices.Contains(list.NotFound, theirs) {
		a.Status, a.Code, a.By = 404, "404", a.By+", "+theirs+" not found"
	}
	return a
}

// cursor gets the first page of victim's list, and then the next one with token.
func cursor(direct bool, token func(*services) string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		a, err := call{direct: direct, path: "/shipments?limit=1", token: good(victim)}.send(ctx, w.services)
		if err != nil || !a.ok() {
			return a, err
		}
		var first struct{ NextCursor string }
		if err := json.Unmarshal(a.Body, &first); err != nil {
			return a, err
		}
		a, err = call{direct: direct, path: "/shipments?limit=1&cursor=" + first.NextCursor, token: token}.send(ctx, w.services)
		if a.ok() && !bytes.Contains(a.Body, []byte(`"shipmentId":"`+theirs)) { // the cursor is not refused, but shows nothing of the other
			a.Status, a.Code, a.By = 409, "409", a.By+", own shipments alone"
		}
		return a, err
	}
}

// elsewhere sends the own token in the right place, and the other tenant's where no service reads a token.
func elsewhere(direct bool, path string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		other := good(victim)(w.services)
		return call{direct: direct, path: path, token: good(attacker), header: "Cookie: access_token=" + other + "\r\nX-Amzn-Oidc-Data: " + other + "\r\nX-Forwarded-Access-Token: " + other + "\r\n"}.send(ctx, w.services)
	}
}
