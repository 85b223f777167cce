package prove

import (
	"encoding/json"
	"net/http"
	"strings"
)

// notGrantedOnIndexes are requests that no session of a tenant may make, in its own index as little as in another's.
var notGrantedOnIndexes = map[string]onIndex{
	"get-doc":              {"a document of another index", "GET", itsDocument, ""},
	"get-source":           {"the source of a document", "GET", indexOf + "/_source/canary", ""},
	"head-doc":             {"whether another's document is there", "HEAD", itsDocument, ""},
	"head-index":           {"whether another's index is there", "HEAD", indexOf, ""},
	"get-index":            {"another index", "GET", indexOf, ""},
	"search-by-post":       {"a search by POST", "POST", itsSearch, searchAll},
	"multi-get":            {"_mget that names another index", "GET", "/yellow~of-index~/_mget", `{"docs":[{"_index":"@~of-index~","_id":"canary"}]}`},
	"multi-search":         {"_msearch that names another index", "GET", "/yellow~of-index~/_msearch", "{\"index\":\"@~of-index~\"}\n" + searchAll + "\n"},
	"multi-template":       {"_msearch/template", "GET", "/yellow~of-index~/_msearch/template", "{\"index\":\"@~of-index~\"}\n" + `{"source":{"query":{"match_all":{}}}}` + "\n"},
	"bulk":                 {"_bulk that names another index", "PUT", "/yellow~of-index~/_bulk", "{\"index\":{\"_index\":\"@~of-index~\",\"_id\":\"planted\"}}\n" + oneDoc + "\n"},
	"bulk-get":             {"_bulk by GET", "GET", "/yellow~of-index~/_bulk", "{\"index\":{\"_index\":\"@~of-index~\",\"_id\":\"planted\"}}\n" + oneDoc + "\n"},
	"term-vectors":         {"the terms of a document", "GET", indexOf + "/_termvectors/canary?fields=milestones", ""},
	"multi-term-vectors":   {"_mtermvectors that names another index", "GET", "/yellow~of-index~/_mtermvectors", `{"docs":[{"_index":"@~of-index~","_id":"canary","fields":["milestones"]}]}`},
	"explain":              {"_explain", "GET", indexOf + "/_explain/canary", searchAll},
	"explain-lookup":       {"_explain whose body looks into another index", "GET", "/yellow~of-index~/_explain/canary", `{"query":{"terms":{"milestones":{"index":"@~of-index~","id":"canary","path":"milestones"}}}}`},
	"validate":             {"_validate/query, which prints what it looks up", "GET", "/yellow~of-index~/_validate/query?explain=true&rewrite=true", `{"query":{"terms":{"milestones":{"index":"@~of-index~","id":"canary","path":"milestones"}}}}`},
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
	"sql":                  {"SQL", "POST", "/_plugins/_sql", `{"query":"SELECT * FROM @~of-index~"}`},
	"ppl":                  {"PPL", "POST", "/_plugins/_ppl", `{"query":"source=@~of-index~"}`},
	"reindex":              {"_reindex of another index into the own one", "POST", "/_reindex", `{"source":{"index":"@~of-index~"},"dest":{"index":"yellow~of-index~"}}`},
	"update-aliases":       {"_aliases", "POST", "/_aliases", `{"actions":[{"add":{"index":"yellow~of-index~","alias":"@-planted"}}]}`},
	"alias":                {"an alias of its own index under another's name", "PUT", "/yellow~of-index~/_alias/@-planted", ""},
	"clone":                {"a clone of its own index under another's name", "PUT", "/yellow~of-index~/_clone/@-cloned", ""},
	"split":                {"_split under another's name", "PUT", "/yellow~of-index~/_split/@-split", ""},
	"shrink":               {"_shrink under another's name", "PUT", "/yellow~of-index~/_shrink/@-shrunk", ""},
	"rollover":             {"_rollover", "POST", "/yellow~of-index~/_rollover/@-next", ""},
	"create-index":         {"an index with a name that begins with its own", "PUT", "/yellow-new/", ""},
	"create-other-index":   {"an index in another's name", "PUT", "/@-more", ""},
	"put-mapping":          {"another mapping for its own index", "PUT", "/yellow~of-index~/_mapping", `{"properties":{"x":{"type":"alias","path":"milestones"}}}`},
	"put-settings":         {"other settings of its own index", "PUT", "/yellow~of-index~/_settings", `{"index":{"blocks":{"read":true}}}`},
	"block":                {"a block of its own index", "PUT", "/yellow~of-index~/_block/write", ""},
	"close":                {"_close", "POST", "/nobodys~of-index~/_close", ""},
	"template":             {"an index template", "PUT", "/_index_template/planted", `{"index_patterns":["@-*"]}`},
	"script":               {"a stored script", "PUT", "/_scripts/planted", `{"script":{"lang":"painless","source":"1"}}`},
	"pipeline":             {"an ingest pipeline", "PUT", "/_ingest/pipeline/planted", `{"processors":[]}`},
	"snapshot":             {"a repository for snapshots", "PUT", "/_snapshot/planted", `{"type":"fs","settings":{"location":"x"}}`},
	"percolate":            {"a document whose query is kept", "PUT", "/yellow~of-index~/_create/q?x=1", `{"query":{"match_all":{}}}`},
	"update":               {"an update of another's document", "POST", indexOf + "/_update/nobodys", `{"doc":{"carrierCode":"x"}}`},
	"update-by-query":      {"_update_by_query", "POST", "/nobodys~of-index~/_update_by_query", searchAll},
	"delete-by-query":      {"_delete_by_query", "POST", "/nobodys~of-index~/_delete_by_query", searchAll},
	"delete-index":         {"DELETE of an index", "DELETE", "/nobodys~of-index~", ""},
	"delete-doc":           {"DELETE of a document", "DELETE", "/nobodys~of-index~/_doc/1", ""},
	"delete-all":           {"DELETE of all indexes that are called so", "DELETE", "/nobodys-*", ""},
	"patch":                {"PATCH", "PATCH", indexOf + "/_doc/nobodys", oneDoc},
	"security":             {"the users of the domain", "GET", "/_plugins/_security/api/internalusers", ""},
	"put-doc-by-automatic": {"a document without an id", "POST", indexOf + "/_doc", oneDoc},
}

// searchBodies are searches in the own index whose bodies name another one. IAM cannot see a body. The embedded index knows none
// of these members, and the gateway's guard refuses them.
func searchBodies() []*Attack {
	var all []*Attack
	for name, body := range map[string]string{
		"terms-lookup":      `{"query":{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}}`,
		"lookup-in-bool":    `{"query":{"bool":{"filter":[{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}]}}}`,
		"lookup-escaped":    `{"query":{"terms":{"milestones":{"\u0069ndex":"blue~of-index~","id":"canary","path":"milestones"}}}}`,
		"more-like-this":    `{"query":{"more_like_this":{"fields":["milestones"],"like":[{"_index":"blue~of-index~","_id":"canary"}],"min_term_freq":1,"min_doc_freq":1}}}`,
		"percolate-lookup":  `{"query":{"percolate":{"field":"query","index":"blue~of-index~","id":"canary"}}}`,
		"shape-lookup":      `{"query":{"geo_shape":{"place":{"indexed_shape":{"index":"blue~of-index~","id":"canary","path":"place"}}}}}`,
		"index-boost":       `{"indices_boost":[{"blue~of-index~":2}],"query":{"match_all":{}}}`,
		"foreign-pit":       `{"pit":{"id":"x"},"query":{"match_all":{}}}`,
		"lookup-in-filter":  `{"post_filter":{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}}`,
		"lookup-in-rescore": `{"query":{"match_all":{}},"rescore":{"query":{"rescore_query":{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}}}}`,
		"profile":           `{"profile":true,"query":{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}}`,
	} {
		all = append(all, onDomain("body-"+name, "a search in its own index with "+body, "the body names no other index", Request,
			[]string{"parsing_exception", "x_content_parse_exception", guarded}, onIndex{"", http.MethodGet, itsSearch, body}.of(attacker, attacker), search(attacker, attacker)))
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
	case strings.Contains(said.Message, " is not authorized to perform: es:"):
		a.Code, a.Message = "AccessDenied", said.Message
	case strings.HasPrefix(said.Message, "The request may name another index"):
		a.Code, a.Message = guarded, said.Message
	case said.Message != "" && a.Status == http.StatusBadRequest:
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
