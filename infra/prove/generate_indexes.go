package prove

import (
	"net/http"
	"strings"
)

// onIndex makes a request of OpenSearch: any method on any path, with bodies that search, store or name an index.
func (g *generator) onIndex() request {
	by := pick(g, attacker, attacker, seeder)
	if g.tame {
		if by == seeder {
			return onIndex{"", http.MethodPut, indexOf + "/_doc/" + g.document(), oneDoc}.of(by, attacker)
		}
		return onIndex{"", http.MethodGet, itsSearch, g.search()}.of(by, attacker)
	}
	if g.one(10) {
		by = pick(g, untagged, emptied, loose, looseOne, writer, service, seedTask, other)
	}
	o := onIndex{"", pick(g, http.MethodGet, http.MethodGet, http.MethodGet, http.MethodPut, http.MethodPut, http.MethodPost, http.MethodHead, http.MethodDelete), "/" + g.indexes(), ""}
	o.path += pick(g, "/_search", "/_search", "/_search", "/_doc/"+g.document(), "/_doc/"+g.document(), "", "/", "/_search/", "//_search", "/_mapping", "/_mget", "/_msearch", "/_mtermvectors", "/_bulk", "/_alias/x", "/_count", "/_settings")
	if by == seeder && !g.one(3) {
		return onIndex{"", http.MethodPut, "/" + g.indexes() + "/_doc/" + g.document(), oneDoc}.of(by, attacker)
	}
	switch o.method {
	case http.MethodGet, http.MethodPost:
		o.body = pick(g, "", g.search(), g.search())
	case http.MethodPut:
		o.body = pick(g, oneDoc, oneDoc, "", g.search())
		if g.one(4) {
			o.path += pick(g, "?refresh=true", "?refresh=wait_for", "?routing=x", "?index=blue~of-index~")
		}
	}
	return o.of(by, attacker)
}

// indexes is one index as a path names it, or several, or a pattern.
func (g *generator) indexes() string {
	name := g.tenant() + pick(g, "~of-index~", "~of-index~", "~of-index~", "", "-*", "-other")
	if g.one(4) {
		name = pick(g, attacker+"~of-index~,"+name, name+",-"+attacker+"~of-index~", "*", "_all", "<"+name+">", "%2A", attacker+"~of-index~%2C"+name, attacker+"~of-index~/../"+name, ".")
	}
	return strings.NewReplacer(" ", "%20", "?", "%3F", "{", "%7B", "}", "%7D", "<", "%3C", ">", "%3E", "е", "%D0%B5").Replace(name)
}

// search is the body of a search, which may name an index.
func (g *generator) search() string {
	query := pick(g, `{"match_all":{}}`, `{"match":{"places":"rotterdam"}}`, `{"match":{"milestones":"canary"}}`, `{"term":{"shipmentId":"canary"}}`,
		`{"multi_match":{"query":"rotterdam canary","fields":["milestones","places"],"type":"cross_fields","operator":"and"}}`, `{"bool":{"must":[{"match":{"milestones":"blue"}}],"must_not":[{"term":{"shipmentId":"x"}}]}}`)
	if g.odd(4) {
		query = pick(g, `{"terms":{"milestones":{"index":"blue~of-index~","id":"canary","path":"milestones"}}}`, `{"query_string":{"query":"_index:blue~of-index~"}}`, `{"term":{"_index":"blue~of-index~"}}`,
			`{"more_like_this":{"like":[{"_index":"blue~of-index~","_id":"canary"}]}}`, `{"match":{"milestones":{"query":"canary","boost":2}}}`, `{"script":{"script":"1"}}`)
	}
	more := pick(g, "", "", `,"size":1`, `,"track_total_hits":true`, `,"sort":["shipmentId"]`, `,"highlight":{"fields":{"places":{}}}`)
	if g.odd(8) {
		more = pick(g, `,"indices_boost":[{"blue~of-index~":2}]`, `,"profile":true`, `,"explain":true`, `,"pit":{"id":"x"}`, `,"from":-1`, `,"size":1,"size":2`)
	}
	return `{"query":` + query + more + `}`
}

func (g *generator) document() string { return pick(g, "canary", "canary", "planted", "1001", "new") }
