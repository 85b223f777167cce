package prove

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/dev/provision"
)

// onIndex is a request of OpenSearch. In path and body @ stands for the tenant whose index it names.
type onIndex struct{ does, method, path, body string }

func (o onIndex) of(by, tenant string) request {
	fill := strings.NewReplacer("@", tenant)
	return request{by: by, service: "es", method: o.method, path: fill.Replace(o.path), body: fill.Replace(o.body)}
}

const (
	indexOf     = "/@~of-index~"
	itsSearch   = indexOf + "/_search"
	itsDocument = indexOf + "/_doc/canary"
	itsPlanted  = indexOf + "/_doc/planted"
	searchAll   = `{"query":{"match_all":{}}}`
)

var oneDoc = shipment("planted", "planted")

// Codes of a denial by IAM, to which a HEAD has no more than its status, and of a path that could be read in two ways.
var (
	notAuthorized = []string{"AccessDenied"}
	notCanonical  = []string{"ValidationException"}
)

// onDomain is an attack on the indexes.
func onDomain(name, does, differs string, layer Layer, codes []string, attempt, control request) *Attack {
	return &Attack{
		Name: "opensearch/" + name, Does: attempt.by + ": " + does, Differs: differs, Layer: layer, Codes: codes, local: true,
		needs: cmp.Or(needs[attempt.by], needs[control.by]), Attempt: step(attempt), Control: step(control),
	}
}

// search is a search in the index of tenant.
func search(by, tenant string) request {
	return onIndex{"", http.MethodGet, itsSearch, searchAll}.of(by, tenant)
}

// index makes an index for each tenant, as provision does, and in those of tenants a document that holds the tenant's canary. An
// account of AWS gets none.
func (w *World) index(ctx context.Context, tenants []string) error {
	if w.account != nil {
		return nil
	}
	ids, err := withCheck(crowd)
	if err != nil {
		return err
	}
	if err := provision.Indexes(ctx, w.config(root), "http://"+host, ids...); err != nil {
		return err
	}
	for _, name := range tenants {
		stored := onIndex{"", http.MethodPut, itsDocument + "?refresh=true", shipment("canary", w.canaries[name])}
		if a, err := w.send(ctx, stored.of(root, name)); err != nil || !a.ok() {
			return fmt.Errorf("index a document of %s: %s %s %w", name, a.Code, a.Body, err)
		}
	}
	return nil
}

// shipment is a document as the tracking service stores it.
func shipment(id, milestone string) string {
	return `{"shipmentId":"` + id + `","statusCode":"IN_TRANSIT","eta":"2026-01-01T00:00:00Z","delayMinutes":0,"carrierCode":"MAEU","carrierBookingReference":"x",` +
		`"origin":"CNSHA","destination":"NLRTM","places":["Rotterdam"],"milestones":["` + milestone + `"]}`
}

// documentsOfOthers are the documents in the indexes of other tenants, as root finds them.
func (w *World) documentsOfOthers(ctx context.Context) (all []byte, err error) {
	for _, name := range crowd {
		if name == attacker {
			continue
		}
		a, err := w.send(ctx, onIndex{"", http.MethodGet, itsSearch, `{"size":100,"query":{"match_all":{}},"sort":["shipmentId"]}`}.of(root, name))
		if err != nil || !a.ok() {
			return nil, fmt.Errorf("search: %s %w", a.Message, err)
		}
		all = append(all, took.ReplaceAll(a.Body, nil)...)
	}
	return all, nil
}

// openSearchAttacks are those on the indexes: by the session that searches, and by the one that writes.
func openSearchAttacks() []*Attack {
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnIndexes)) {
		for by, prefix := range prefixOf {
			all = append(all, ofIndexStranger(prefix+name, by, notGrantedOnIndexes[name]))
		}
	}
	return append(all, slices.Concat(indexSearches(), ownIndexes(), indexWrites(), indexTwins(), indexSessions(), indexSignatures(), searchBodies())...)
}

var prefixOf = map[string]string{attacker: "", seeder: "seed-"}

// indexSearches are those whose path reaches more than the own index, or would, if it were read in another way.
func indexSearches() []*Attack {
	var all []*Attack
	add := func(layer Layer, codes []string, paths map[string]string) {
		for name, path := range paths {
			attempt := onIndex{"", http.MethodGet, path, searchAll}.of(attacker, victim)
			all = append(all, onDomain(name, "a search in "+path, "the index is its own", layer, codes, attempt, search(attacker, attacker)))
		}
	}
	add(IAM, notAuthorized, otherIndexes)
	add(Request, notCanonical, oddPaths)
	return all
}

// otherIndexes are paths that IAM refuses.
var otherIndexes = map[string]string{
	"other-index": itsSearch, "list": "/yellow~of-index~,@~of-index~/_search", "list-reversed": "/@~of-index~,yellow~of-index~/_search",
	"list-of-own-and-all": "/yellow-nope*,*/_search", "list-excluding": "/*,-yellow~of-index~/_search",
	"all": "/_all/_search", "all-of-own": "/yellow~of-index~/_all", "wildcard": "/*/_search", "wildcard-end": "/*~of-index~/_search", "wildcard-own": "/yellow*/_search",
	"no-index": "/_search", "no-index-slash": "/_search/", "index-in-query": "/_search?index=@~of-index~", "plus": "/yellow~of-index~+@~of-index~/_search",
	"longer-name": "/yellow~of-index~-old/_search", "shorter-name": "/yellow/_search", "other-case": "/Yellow~of-index~/_search", "remote-cluster": "/*:@~of-index~/_search",
}

// oddPaths are paths that one reader takes for another's index, and another one does not.
var oddPaths = map[string]string{
	"list-encoded": "/yellow~of-index~%2c@~of-index~/_search", "list-encoded-upper": "/yellow~of-index~%2C@~of-index~/_search", "list-encoded-twice": "/yellow~of-index~%252C@~of-index~/_search",
	"wildcard-encoded": "/%2A/_search", "date-math": "/%3C@~of-index~%3E/_search", "date-math-plain": "/<@~of-index~>/_search",
	"dots": "/yellow~of-index~/../@~of-index~/_search", "dots-encoded": "/yellow~of-index~/%2e%2e/@~of-index~/_search", "slash-before": "//@~of-index~/_search", "slash-encoded": "/@~of-index~%2F_search",
	"slash-doubled": "/yellow~of-index~//_search/../../@~of-index~/_search", "letter-encoded": "/%62lue~of-index~/_search", "underscore-encoded": "/@~of-index~/%5Fsearch",
	"semicolon": "/yellow~of-index~;@~of-index~/_search", "blank": "/yellow~of-index~%20@~of-index~/_search", "backslash": "/yellow~of-index~%5C..%5C@~of-index~/_search",
}

func ofIndexStranger(name, by string, o onIndex) *Attack {
	a := onDomain(name, o.does, "the caller is root", IAM, []string{"AccessDenied", "403"}, o.of(by, victim), o.of(root, victim))
	if o.method != http.MethodGet && o.method != http.MethodHead {
		a.Spoils = Tables
	}
	return a
}

// ownIndexes are requests for the one path that a session may use, with another method.
func ownIndexes() []*Attack {
	var all []*Attack
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for by, o := range map[string]onIndex{attacker: {"", http.MethodGet, itsSearch, searchAll}, seeder: {"", http.MethodPut, itsPlanted, oneDoc}} {
			if method == o.method {
				continue
			}
			attempt := o.of(by, attacker)
			if attempt.method = method; slices.Contains([]string{http.MethodDelete, http.MethodHead, http.MethodGet}, method) {
				attempt.body = ""
			}
			all = append(all, onDomain(prefixOf[by]+"own-"+strings.ToLower(method), method+" of the path that it may "+o.method, "the method is "+o.method, IAM,
				[]string{"AccessDenied", "403"}, attempt, o.of(by, attacker)))
		}
	}
	return all
}

// indexWrites are documents that a session stores, or would.
func indexWrites() []*Attack {
	own := onIndex{"", http.MethodPut, itsPlanted, oneDoc}.of(seeder, attacker)
	var all []*Attack
	add := func(name, by, path string, layer Layer, codes []string) {
		attempt := onIndex{"", http.MethodPut, path, oneDoc}.of(by, victim)
		all = append(all, onDomain(name, "PUT "+path, "the document is one of the seed's own", layer, codes, attempt, own))
	}
	for name, path := range map[string]string{
		"put-other-index": itsPlanted, "put-wildcard": "/*/_doc/planted", "put-list": "/yellow~of-index~,@~of-index~/_doc/planted", "put-create": "/yellow~of-index~/_create/planted", "put-longer-name": "/yellow~of-index~-x/_doc/planted",
	} {
		add(name, seeder, path, IAM, notAuthorized)
	}
	for name, path := range map[string]string{
		"put-dots": "/yellow~of-index~/_doc/../../@~of-index~/_doc/planted", "put-letter-encoded": "/%62lue~of-index~/_doc/planted", "put-id-not-canonical": "/yellow~of-index~/_doc/%70lanted",
		"put-id-of-two": "/yellow~of-index~/_doc/a/../../@~of-index~/_doc/b",
	} {
		add(name, seeder, path, Request, notCanonical)
	}
	add("put-by-reader", attacker, "/yellow~of-index~/_doc/planted", IAM, notAuthorized)
	return append(all, onDomain("search-by-seed", "a search", "the document is one of the seed's own", IAM, notAuthorized, search(seeder, attacker), own))
}

// indexTwins are attacks of tenants of which one's id begins with the other's, or has the end that indexes have.
func indexTwins() []*Attack {
	twins := func(name, by, theirs string) *Attack {
		return onDomain(name, "a search in the index of "+theirs, "the index is its own", IAM, notAuthorized, search(by, theirs), search(by, by))
	}
	return []*Attack{twins("twin", twin, longerTwin), twins("longer-twin", longerTwin, twin), twins("twin-named-like-index", twin, twin+"~of-index~")}
}

// indexSessions are searches of sessions that name no tenant.
func indexSessions() []*Attack {
	var all []*Attack
	for name, by := range map[string]string{"no-tag": untagged, "empty-tag": emptied, "task": service, "other-role": other} {
		for kind, tenant := range map[string]string{"": victim, "-nobodys": ""} {
			all = append(all, onDomain(name+kind, "a search in the index of "+strconv.Quote(tenant), "the caller is "+attacker, IAM, notAuthorized, search(by, tenant), search(attacker, attacker)))
		}
	}
	return all
}

// indexSignatures are requests that were changed once they were signed, or signed for something else.
func indexSignatures() []*Attack {
	var all []*Attack
	add := func(name, does string, layer Layer, codes []string, change func(*request)) {
		attempt := search(attacker, victim)
		change(&attempt)
		all = append(all, onDomain(name, does, "it is a search in its own index, as it was signed", layer, codes, attempt, search(attacker, attacker)))
	}
	for name, path := range map[string]string{"path-changed": "/blue~of-index~/_search", "path-encoded-later": "/%62lue~of-index~/_search"} {
		add(name, "a search in its own index whose path is "+path+" once it is signed", Signature, []string{"SignatureDoesNotMatch"}, func(q *request) {
			q.path = search(attacker, attacker).path
			q.after = func(r *http.Request) { r.URL.Path, r.URL.RawPath = path, path }
		})
	}
	add("method-override", "a GET with headers that ask for another method", IAM, notAuthorized, func(q *request) {
		q.headers = []string{"X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"}
	})
	add("serverless", "a search in another index, signed for OpenSearch Serverless", Request, notAuthorized, func(q *request) { q.service = "aoss" })
	return all
}
