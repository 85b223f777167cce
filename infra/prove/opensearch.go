package prove

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/pkg/tenant"
)

// onIndex is a request of OpenSearch. In path and body @ stands for the tenant whose index it names.
type onIndex struct{ does, method, path, body string }

func (o onIndex) of(by, tenant string) request {
	fill := strings.NewReplacer("@", tenant)
	return request{by: by, service: "es", method: o.method, path: fill.Replace(o.path), body: fill.Replace(o.body)}
}

const (
	indexOf     = "/@-shipments"
	itsSearch   = indexOf + "/_search"
	itsDocument = indexOf + "/_doc/canary"
	searchAll   = `{"query":{"match_all":{}}}`
)

var oneDoc = shipment("planted", "planted")

// canonical are the codes of a request whose path could be read in two ways.
var canonical = []string{"AccessDenied", "ValidationException", "SignatureDoesNotMatch"}

// index makes an index for each tenant, as provision does, and in those of tenants a document that holds the tenant's canary. An
// account of AWS gets none.
func (w *World) index(ctx context.Context, tenants []string) error {
	if w.account != nil {
		return nil
	}
	a, b := tenant.IsolationCheck()
	ids := []tenant.ID{a, b}
	for _, name := range crowd {
		id, err := tenant.Parse(name)
		if err != nil {
			return err
		}
		ids = append(ids, id)
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
	for _, name := range slices.Sorted(maps.Keys(otherIndexes)) {
		path := otherIndexes[name]
		all = append(all, &Attack{
			Name: "opensearch/" + name, Does: attacker + ": a search in " + path, Differs: "the index is its own", Layer: IAM, Codes: canonical, local: true,
			Attempt: step(onIndex{"", http.MethodGet, path, searchAll}.of(attacker, victim)), Control: step(onIndex{"", http.MethodGet, itsSearch, searchAll}.of(attacker, attacker)),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnIndexes)) {
		o := notGrantedOnIndexes[name]
		for by, prefix := range prefixOf {
			all = append(all, ofIndexStranger(prefix+name, by, o))
		}
	}
	return append(all, slices.Concat(ownIndexes(), indexWrites(), indexTwins(), indexSessions(), indexSignatures(), searchBodies())...)
}

// otherIndexes are paths of a search that reaches more than the own index, or would, if they were read in another way.
var otherIndexes = map[string]string{
	"other-index": itsSearch, "list": "/yellow-shipments,@-shipments/_search", "list-reversed": "/@-shipments,yellow-shipments/_search",
	"list-encoded": "/yellow-shipments%2c@-shipments/_search", "list-encoded-upper": "/yellow-shipments%2C@-shipments/_search", "list-encoded-twice": "/yellow-shipments%252C@-shipments/_search",
	"list-of-own-and-all": "/yellow-nope*,*/_search", "list-excluding": "/*,-yellow-shipments/_search",
	"all": "/_all/_search", "all-of-own": "/yellow-shipments/_all", "wildcard": "/*/_search", "wildcard-encoded": "/%2A/_search", "wildcard-end": "/*-shipments/_search", "wildcard-own": "/yellow*/_search",
	"no-index": "/_search", "no-index-slash": "/_search/", "index-in-query": "/_search?index=@-shipments",
	"date-math": "/%3C@-shipments%3E/_search", "date-math-plain": "/<@-shipments>/_search",
	"dots": "/yellow-shipments/../@-shipments/_search", "dots-encoded": "/yellow-shipments/%2e%2e/@-shipments/_search", "slash-before": "//@-shipments/_search", "slash-encoded": "/@-shipments%2F_search",
	"slash-doubled": "/yellow-shipments//_search/../../@-shipments/_search", "letter-encoded": "/%62lue-shipments/_search", "underscore-encoded": "/@-shipments/%5Fsearch",
	"semicolon": "/yellow-shipments;@-shipments/_search", "plus": "/yellow-shipments+@-shipments/_search", "blank": "/yellow-shipments%20@-shipments/_search", "backslash": "/yellow-shipments%5C..%5C@-shipments/_search",
	"longer-name": "/yellow-shipments-old/_search", "shorter-name": "/yellow/_search", "other-case": "/Yellow-shipments/_search", "remote-cluster": "/*:@-shipments/_search",
}

// notGrantedOnIndexes are requests that no session of a tenant may make, in its own index as little as in another's.
var notGrantedOnIndexes = map[string]onIndex{
	"get-doc":              {"a document of another index", "GET", itsDocument, ""},
	"get-source":           {"the source of a document", "GET", indexOf + "/_source/canary", ""},
	"head-doc":             {"whether another's document is there", "HEAD", itsDocument, ""},
	"head-index":           {"whether another's index is there", "HEAD", indexOf, ""},
	"get-index":            {"another index", "GET", indexOf, ""},
	"search-by-post":       {"a search by POST", "POST", itsSearch, searchAll},
	"multi-get":            {"_mget that names another index", "GET", "/yellow-shipments/_mget", `{"docs":[{"_index":"@-shipments","_id":"canary"}]}`},
	"multi-search":         {"_msearch that names another index", "GET", "/yellow-shipments/_msearch", "{\"index\":\"@-shipments\"}\n" + searchAll + "\n"},
	"multi-template":       {"_msearch/template", "GET", "/yellow-shipments/_msearch/template", "{\"index\":\"@-shipments\"}\n" + `{"source":{"query":{"match_all":{}}}}` + "\n"},
	"bulk":                 {"_bulk that names another index", "PUT", "/yellow-shipments/_bulk", "{\"index\":{\"_index\":\"@-shipments\",\"_id\":\"planted\"}}\n" + oneDoc + "\n"},
	"bulk-get":             {"_bulk by GET", "GET", "/yellow-shipments/_bulk", "{\"index\":{\"_index\":\"@-shipments\",\"_id\":\"planted\"}}\n" + oneDoc + "\n"},
	"term-vectors":         {"the terms of a document", "GET", indexOf + "/_termvectors/canary?fields=milestones", ""},
	"multi-term-vectors":   {"_mtermvectors that names another index", "GET", "/yellow-shipments/_mtermvectors", `{"docs":[{"_index":"@-shipments","_id":"canary","fields":["milestones"]}]}`},
	"explain":              {"_explain", "GET", indexOf + "/_explain/canary", searchAll},
	"explain-lookup":       {"_explain whose body looks into another index", "GET", "/yellow-shipments/_explain/canary", `{"query":{"terms":{"milestones":{"index":"@-shipments","id":"canary","path":"milestones"}}}}`},
	"validate":             {"_validate/query, which prints what it looks up", "GET", "/yellow-shipments/_validate/query?explain=true&rewrite=true", `{"query":{"terms":{"milestones":{"index":"@-shipments","id":"canary","path":"milestones"}}}}`},
	"count":                {"_count", "GET", indexOf + "/_count", searchAll},
	"search-template":      {"_search/template", "GET", indexOf + "/_search/template", `{"source":{"query":{"match_all":{}}}}`},
	"scroll":               {"a scroll", "GET", "/_search/scroll", `{"scroll_id":"x"}`},
	"point-in-time":        {"a point in time", "POST", indexOf + "/_search/point_in_time", ""},
	"all-points-in-time":   {"all points in time", "GET", "/_search/point_in_time/_all", ""},
	"field-caps":           {"the fields of another index", "GET", indexOf + "/_field_caps", ""},
	"mapping":              {"the mapping of another index", "GET", indexOf + "/_mapping", ""},
	"settings":             {"the settings of another index", "GET", indexOf + "/_settings", ""},
	"aliases":              {"the aliases", "GET", "/_alias", ""},
	"stats":                {"the statistics", "GET", "/_stats", ""},
	"rank-eval":            {"_rank_eval", "GET", indexOf + "/_rank_eval", `{"requests":[]}`},
	"analyze":              {"_analyze", "GET", indexOf + "/_analyze", `{"text":"rotterdam"}`},
	"search-shards":        {"_search_shards", "GET", indexOf + "/_search_shards", ""},
	"cat-indices":          {"the names of all indexes", "GET", "/_cat/indices", ""},
	"cat-aliases":          {"the names of all aliases", "GET", "/_cat/aliases", ""},
	"resolve-index":        {"which indexes a pattern names", "GET", "/_resolve/index/*", ""},
	"cluster-state":        {"the state of the cluster", "GET", "/_cluster/state", ""},
	"nodes":                {"the nodes", "GET", "/_nodes", ""},
	"tasks":                {"the tasks", "GET", "/_tasks", ""},
	"root":                 {"the domain itself", "GET", "/", ""},
	"sql":                  {"SQL", "POST", "/_plugins/_sql", `{"query":"SELECT * FROM @-shipments"}`},
	"ppl":                  {"PPL", "POST", "/_plugins/_ppl", `{"query":"source=@-shipments"}`},
	"reindex":              {"_reindex of another index into the own one", "POST", "/_reindex", `{"source":{"index":"@-shipments"},"dest":{"index":"yellow-shipments"}}`},
	"update-aliases":       {"_aliases", "POST", "/_aliases", `{"actions":[{"add":{"index":"yellow-shipments","alias":"@-planted"}}]}`},
	"alias":                {"an alias of its own index under another's name", "PUT", "/yellow-shipments/_alias/@-planted", ""},
	"clone":                {"a clone of its own index under another's name", "PUT", "/yellow-shipments/_clone/@-cloned", ""},
	"split":                {"_split under another's name", "PUT", "/yellow-shipments/_split/@-split", ""},
	"shrink":               {"_shrink under another's name", "PUT", "/yellow-shipments/_shrink/@-shrunk", ""},
	"rollover":             {"_rollover", "POST", "/yellow-shipments/_rollover/@-next", ""},
	"create-index":         {"an index with a name that begins with its own", "PUT", "/yellow-new/", ""},
	"create-other-index":   {"an index in another's name", "PUT", "/@-more", ""},
	"put-mapping":          {"another mapping for its own index", "PUT", "/yellow-shipments/_mapping", `{"properties":{"x":{"type":"alias","path":"milestones"}}}`},
	"put-settings":         {"other settings of its own index", "PUT", "/yellow-shipments/_settings", `{"index":{"blocks":{"read":true}}}`},
	"block":                {"a block of its own index", "PUT", "/yellow-shipments/_block/write", ""},
	"close":                {"_close", "POST", "/nobodys-shipments/_close", ""},
	"template":             {"an index template", "PUT", "/_index_template/planted", `{"index_patterns":["@-*"]}`},
	"script":               {"a stored script", "PUT", "/_scripts/planted", `{"script":{"lang":"painless","source":"1"}}`},
	"pipeline":             {"an ingest pipeline", "PUT", "/_ingest/pipeline/planted", `{"processors":[]}`},
	"snapshot":             {"a repository for snapshots", "PUT", "/_snapshot/planted", `{"type":"fs","settings":{"location":"x"}}`},
	"percolate":            {"a document whose query is kept", "PUT", "/yellow-shipments/_create/q?x=1", `{"query":{"match_all":{}}}`},
	"update":               {"an update of another's document", "POST", indexOf + "/_update/nobodys", `{"doc":{"carrierCode":"x"}}`},
	"update-by-query":      {"_update_by_query", "POST", "/nobodys-shipments/_update_by_query", searchAll},
	"delete-by-query":      {"_delete_by_query", "POST", "/nobodys-shipments/_delete_by_query", searchAll},
	"delete-index":         {"DELETE of an index", "DELETE", "/nobodys-shipments", ""},
	"delete-doc":           {"DELETE of a document", "DELETE", "/nobodys-shipments/_doc/1", ""},
	"delete-all":           {"DELETE of all indexes that are called so", "DELETE", "/nobodys-*", ""},
	"patch":                {"PATCH", "PATCH", indexOf + "/_doc/nobodys", oneDoc},
	"security":             {"the users of the domain", "GET", "/_plugins/_security/api/internalusers", ""},
	"put-doc-by-automatic": {"a document without an id", "POST", indexOf + "/_doc", oneDoc},
}

func ofIndexStranger(name, by string, o onIndex) *Attack {
	spoils := Nothing
	if o.method != http.MethodGet && o.method != http.MethodHead {
		spoils = Tables
	}
	return &Attack{
		Name: "opensearch/" + name, Does: by + ": " + o.does, Differs: "the caller is root", Layer: IAM, Codes: []string{"AccessDenied", "403"}, needs: needs[by], local: true, Spoils: spoils,
		Attempt: step(o.of(by, victim)), Control: step(o.of(root, victim)),
	}
}

// ownIndexes are requests for the one path that a session may use, with another method.
func ownIndexes() []*Attack {
	var all []*Attack
	search, store := onIndex{"", http.MethodGet, itsSearch, searchAll}, onIndex{"", http.MethodPut, indexOf + "/_doc/planted", oneDoc}
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for by, o := range map[string]onIndex{attacker: search, seeder: store} {
			if method == o.method {
				continue
			}
			attempt := o
			attempt.method = method
			if method == http.MethodDelete || method == http.MethodHead || method == http.MethodGet {
				attempt.body = ""
			}
			all = append(all, &Attack{
				Name: "opensearch/" + prefixOf[by] + "own-" + strings.ToLower(method), Does: by + ": " + method + " of the path that it may " + o.method, Differs: "the method is " + o.method, Layer: IAM,
				Codes: []string{"AccessDenied", "403"}, needs: needs[by], local: true,
				Attempt: step(attempt.of(by, attacker)), Control: step(o.of(by, attacker)),
			})
		}
	}
	return all
}

var prefixOf = map[string]string{attacker: "", seeder: "seed-"}

// indexWrites are documents that a session stores, or would.
func indexWrites() []*Attack {
	write := func(name, by string, attempt, control request) *Attack {
		return &Attack{
			Name: "opensearch/" + name, Does: by + ": PUT " + attempt.path, Differs: "the document is one of the seed's own", Layer: IAM, Codes: canonical, needs: "TrackingSeedRole", local: true,
			Attempt: step(attempt), Control: step(control),
		}
	}
	put := func(path string) onIndex { return onIndex{"", http.MethodPut, path, oneDoc} }
	own := put(indexOf+"/_doc/planted").of(seeder, attacker)
	all := []*Attack{write("put-by-reader", attacker, put(indexOf+"/_doc/planted").of(attacker, attacker), own)}
	for name, path := range map[string]string{
		"put-other-index": indexOf + "/_doc/planted", "put-wildcard": "/*/_doc/planted", "put-list": "/yellow-shipments,@-shipments/_doc/planted", "put-dots": "/yellow-shipments/_doc/../../@-shipments/_doc/planted",
		"put-create": "/yellow-shipments/_create/planted", "put-longer-name": "/yellow-shipments-x/_doc/planted", "put-letter-encoded": "/%62lue-shipments/_doc/planted", "put-id-not-canonical": "/yellow-shipments/_doc/%70lanted",
		"put-id-of-two": "/yellow-shipments/_doc/a/../../@-shipments/_doc/b",
	} {
		all = append(all, write(name, seeder, put(path).of(seeder, victim), own))
	}
	return append(all, write("search-by-seed", seeder, onIndex{"", http.MethodGet, itsSearch, searchAll}.of(seeder, attacker), own))
}

// indexTwins are attacks of tenants of which one's id begins with the other's, or has the end that indexes have.
func indexTwins() []*Attack {
	search := onIndex{"", http.MethodGet, itsSearch, searchAll}
	twins := func(name, by, theirs string) *Attack {
		return &Attack{
			Name: "opensearch/" + name, Does: by + ": a search in the index of " + theirs, Differs: "the index is its own", Layer: IAM, Codes: []string{"AccessDenied"}, local: true,
			Attempt: step(search.of(by, theirs)), Control: step(search.of(by, by)),
		}
	}
	return []*Attack{twins("twin", twin, longerTwin), twins("longer-twin", longerTwin, twin), twins("twin-named-like-index", twin, twin+"-shipments")}
}

// indexSessions are searches of sessions that name no tenant.
func indexSessions() []*Attack {
	var all []*Attack
	for name, by := range map[string]string{"no-tag": untagged, "empty-tag": emptied, "task": service, "other-role": other} {
		for kind, path := range map[string]string{"": itsSearch, "-nobodys": "/-shipments/_search"} {
			all = append(all, &Attack{
				Name: "opensearch/" + name + kind, Does: by + ": a search in " + path, Differs: "the caller is " + attacker, Layer: IAM, Codes: []string{"AccessDenied"}, local: true,
				Attempt: step(onIndex{"", http.MethodGet, path, searchAll}.of(by, victim)), Control: step(onIndex{"", http.MethodGet, itsSearch, searchAll}.of(attacker, attacker)),
			})
		}
	}
	return all
}

// indexSignatures are requests that were changed once they were signed.
func indexSignatures() []*Attack {
	own := onIndex{"", http.MethodGet, itsSearch, searchAll}.of(attacker, attacker)
	var all []*Attack
	add := func(name, does string, codes []string, change func(*request)) {
		attempt := own
		change(&attempt)
		all = append(all, &Attack{
			Name: "opensearch/" + name, Does: attacker + ": " + does, Differs: "it is as it was signed", Layer: Signature, Codes: codes, local: true,
			Attempt: step(attempt), Control: step(own),
		})
	}
	for name, path := range map[string]string{"path-changed": "/blue-shipments/_search", "path-encoded-later": "/%62lue-shipments/_search"} {
		add(name, "a signed search whose path is "+path+" then", []string{"SignatureDoesNotMatch", "ValidationException"}, func(q *request) {
			q.after = func(r *http.Request) { r.URL.Path, r.URL.RawPath = path, path }
		})
	}
	add("method-override", "a GET with headers that ask for another method", []string{"AccessDenied", "ValidationException"}, func(q *request) {
		q.path, q.headers = "/blue-shipments/_search", []string{"X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"}
	})
	add("serverless", "a search in another index, signed for OpenSearch Serverless", []string{"AccessDenied"}, func(q *request) {
		q.service, q.path = "aoss", "/blue-shipments/_search"
	})
	return all
}

// searchBodies are searches in the own index whose bodies name another one. IAM cannot see a body. The embedded index knows none
// of these members, and the gateway's guard refuses them.
func searchBodies() []*Attack {
	var all []*Attack
	for name, body := range map[string]string{
		"terms-lookup":      `{"query":{"terms":{"milestones":{"index":"blue-shipments","id":"canary","path":"milestones"}}}}`,
		"lookup-in-bool":    `{"query":{"bool":{"filter":[{"terms":{"milestones":{"index":"blue-shipments","id":"canary","path":"milestones"}}}]}}}`,
		"lookup-escaped":    `{"query":{"terms":{"milestones":{"\u0069ndex":"blue-shipments","id":"canary","path":"milestones"}}}}`,
		"more-like-this":    `{"query":{"more_like_this":{"fields":["milestones"],"like":[{"_index":"blue-shipments","_id":"canary"}],"min_term_freq":1,"min_doc_freq":1}}}`,
		"percolate-lookup":  `{"query":{"percolate":{"field":"query","index":"blue-shipments","id":"canary"}}}`,
		"shape-lookup":      `{"query":{"geo_shape":{"place":{"indexed_shape":{"index":"blue-shipments","id":"canary","path":"place"}}}}}`,
		"index-boost":       `{"indices_boost":[{"blue-shipments":2}],"query":{"match_all":{}}}`,
		"foreign-pit":       `{"pit":{"id":"x"},"query":{"match_all":{}}}`,
		"lookup-in-filter":  `{"post_filter":{"terms":{"milestones":{"index":"blue-shipments","id":"canary","path":"milestones"}}}}`,
		"lookup-in-rescore": `{"query":{"match_all":{}},"rescore":{"query":{"rescore_query":{"terms":{"milestones":{"index":"blue-shipments","id":"canary","path":"milestones"}}}}}}`,
		"profile":           `{"profile":true,"query":{"terms":{"milestones":{"index":"blue-shipments","id":"canary","path":"milestones"}}}}`,
	} {
		all = append(all, &Attack{
			Name: "opensearch/body-" + name, Does: attacker + ": a search in its own index with " + body, Differs: "the body names no other index", Layer: Request, local: true,
			Codes:   []string{"parsing_exception", "x_content_parse_exception", "illegal_argument_exception", guarded},
			Attempt: step(onIndex{"", http.MethodGet, itsSearch, body}.of(attacker, attacker)), Control: step(onIndex{"", http.MethodGet, itsSearch, searchAll}.of(attacker, attacker)),
		})
	}
	return all
}

// searchAnswer reads an error of OpenSearch Service, or of OpenSearch itself, into the code of a.
func searchAnswer(a *Answer) {
	var said struct {
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
		Found   *bool           `json:"found"`
	}
	if json.Unmarshal(a.Body, &said) != nil {
		return
	}
	var fault struct{ Type, Reason string }
	switch {
	case strings.HasPrefix(said.Message, "The request signature"):
		a.Code, a.Message = "SignatureDoesNotMatch", said.Message
	case said.Message != "" && a.Status == http.StatusForbidden:
		a.Code, a.Message = "AccessDenied", said.Message
	case strings.HasPrefix(said.Message, "The request may name another index"):
		a.Code, a.Message = guarded, said.Message
	case said.Message != "":
		a.Code, a.Message = "ValidationException", said.Message
	case json.Unmarshal(said.Error, &fault) == nil && fault.Type != "":
		a.Code, a.Message = fault.Type, fault.Reason
	case len(said.Error) > 0:
		a.Code, a.Message = notAnswered, string(said.Error)
	case said.Found != nil:
		a.Code = notFound
	}
}

// Codes of answers that have none: OpenSearch knows no such path or method, there is no such document, and the gateway's guard refuses
// what IAM has allowed.
const (
	guarded     = "guarded"
	notAnswered = "no handler found"
	notFound    = "not found"
)
