package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// mapping is that of a tenant's shipments.
const mapping = `{"settings":{"number_of_shards":1,"number_of_replicas":0},"mappings":{"dynamic":"strict","properties":{
"shipmentId":{"type":"keyword"},"reference":{"type":"text","fields":{"raw":{"type":"keyword","ignore_above":12}}},"places":{"type":"text"},
"carrier":{"type":"text"},"status":{"type":"text","fields":{"keyword":{"type":"keyword"}}},"milestones":{"type":"text"},
"updatedAt":{"type":"date"},"tags":{"type":"keyword"},"weight":{"type":"long"}}}}`

var (
	texts    = []string{"reference", "places", "carrier", "status", "milestones"}
	keywords = []string{"shipmentId", "status.keyword", "tags", "reference.raw"}
	statuses = []string{"on time", "delayed", "arrived", "delayed in customs", "lost"}
	places   = []string{"Rotterdam", "Rotterdam, Netherlands", "Shanghai", "New York", "Port of Hamburg", "São Paulo", "Москва", "東京港", "ท่าเรือกรุงเทพ", "Los Angeles", "New Haven", "Port-au-Prince"}
	carriers = []string{"MAEU", "HLCU", "CMDU", "MAEU / HLCU", "Maersk Line A.P. Møller"}
	notes    = []string{
		"Arrived at Rotterdam.", "Departed from Shanghai on time.", "The vessel is delayed by 2 days; the port is closed!",
		"Customs hold the container. No. 12 is released.", "Is it lost? Nobody knows, e.g. the carrier's office in New York (open till 5 p.m.) does not.",
		"delayed delayed delayed", "Gate in", "On rail from Hamburg to Rotterdam, 1,200.5 km", "貨物が到着しました。遅延なし。", "🚢 at sea 🚢",
		"Loaded in Shanghai, discharged in Rotterdam, loaded again, on its way to New York by way of Port of Hamburg, where the vessel waits for a berth because the port is closed until Monday and nobody works",
	}
	queried = []string{"rotterdam", "DELAYED", "port", "shanghai", "new", "york", "maeu", "hlcu", "the", "vessel", "hamburg", "on", "time", "東京", "到着", "1,200.5", "lost?", "customs", "no", "p.m", "møller", "กรุงเทพ", "ท่าเรือกรุงเทพ", "🚢", "nothing", "12", "a.p", "-"}
)

func some(t *rapid.T, from []string, least, most int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(from), least, most).Draw(t, "some")
}

func one(t *rapid.T, from ...string) string { return rapid.SampledFrom(from).Draw(t, "one") }

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made here
	}
	return string(b)
}

// drawShipment is a document: any field but the id may be missing.
func drawShipment(t *rapid.T, id int) string {
	s := map[string]any{"shipmentId": fmt.Sprint(1000 + id)}
	for name, value := range map[string]any{
		"reference":  one(t, carriers...)[:4] + fmt.Sprint(rapid.IntRange(1, 1<<40).Draw(t, "reference")),
		"places":     some(t, places, 0, 4),
		"carrier":    one(t, carriers...),
		"status":     one(t, statuses...),
		"milestones": some(t, notes, 0, 8),
		"updatedAt":  fmt.Sprintf("2026-%02d-%02dT%02d:00:00Z", number(t, 1, 12), number(t, 1, 28), number(t, 0, 23)),
		"tags":       some(t, []string{"a", "b", "c", "dangerous goods"}, 0, 3),
		"weight":     number(t, -3, 20),
	} {
		s[name] = value
	}
	for _, name := range some(t, slices.Sorted(maps.Keys(s)), 0, 3) {
		if name != "shipmentId" {
			delete(s, name)
		}
	}
	return text(s)
}

func number(t *rapid.T, least, most int) int { return rapid.IntRange(least, most).Draw(t, "number") }

func words(t *rapid.T) string { return strings.Join(some(t, queried, 1, 4), " ") }

// drawQuery is one query; depth bounds those in it.
func drawQuery(t *rapid.T, depth int) any {
	kinds := []string{"match", "match", "multi_match", "multi_match", "multi_match", "term", "terms", "range", "match_all"}
	if depth > 0 {
		kinds = append(kinds, "bool", "bool", "bool")
	}
	kind := one(t, kinds...)
	return map[string]any{kind: map[string]func() any{
		"match_all": func() any { return map[string]any{} },
		"match": func() any {
			return map[string]any{one(t, texts...): map[string]any{"query": words(t), "operator": one(t, "and", "or")}}
		},
		"multi_match": func() any { return drawMultiMatch(t) },
		"term":        func() any { return drawTerm(t) },
		"terms":       func() any { return drawTerms(t) },
		"range":       func() any { return drawRange(t) },
		"bool":        func() any { return drawBool(t, depth-1) },
	}[kind]()}
}

func drawMultiMatch(t *rapid.T) any {
	fields := rapid.SliceOfNDistinct(rapid.SampledFrom(append(texts, keywords...)), 1, 6, func(s string) string { return s }).Draw(t, "fields")
	for i := range fields {
		fields[i] += one(t, "", "", "^2", "^0.5", "^3.3")
	}
	return map[string]any{"query": words(t), "fields": fields, "type": one(t, "cross_fields", "cross_fields", "best_fields"), "operator": one(t, "and", "or")}
}

func drawTerm(t *rapid.T) any {
	return rapid.SampledFrom([]map[string]any{
		{"status.keyword": one(t, statuses...)}, {"tags": one(t, "a", "dangerous goods")}, {"weight": number(t, -3, 20)},
		{"status": one(t, "delayed", "on", "Delayed")}, {"updatedAt": fmt.Sprintf("2026-%02d", number(t, 1, 12))}, {"nope": "x"},
	}).Draw(t, "term")
}

// drawTerms looks for other terms than the other queries, because what two queries look for is highlighted in another way.
func drawTerms(t *rapid.T) any {
	return rapid.SampledFrom([]map[string]any{
		{"status.keyword": some(t, statuses, 0, 3)}, {"tags": some(t, []string{"b", "c"}, 0, 3)}, {"weight": []int{number(t, -3, 20), 5}},
		{"places": some(t, []string{"haven", "angeles", "paulo", "москва"}, 0, 3)},
	}).Draw(t, "terms")
}

func drawRange(t *rapid.T) any {
	lower, upper := one(t, "gt", "gte"), one(t, "lt", "lte")
	return rapid.SampledFrom([]map[string]any{
		{"weight": map[string]any{lower: number(t, -3, 10), upper: number(t, 5, 20)}},
		{"updatedAt": map[string]any{lower: fmt.Sprintf("2026-%02d", number(t, 1, 12)), upper: fmt.Sprintf("2026-%02d-%02d", number(t, 1, 12), number(t, 1, 28))}},
		{"updatedAt": map[string]any{lower: fmt.Sprintf("2026-%02d-%02dT%02d", number(t, 1, 12), number(t, 1, 28), number(t, 0, 23))}},
		{"shipmentId": map[string]any{upper: fmt.Sprint(number(t, 1000, 1060))}},
	}).Draw(t, "range")
}

func drawBool(t *rapid.T, depth int) any {
	clauses := map[string]any{}
	for _, list := range []string{"must", "filter", "should", "must_not"} {
		if rapid.Bool().Draw(t, list) {
			var queries []any
			for range number(t, 1, 2) {
				queries = append(queries, drawQuery(t, depth))
			}
			clauses[list] = queries
		}
	}
	return clauses
}

// drawSearch is the body of a search. Its order is always complete: OpenSearch answers hits of equal rank in any order.
func drawSearch(t *rapid.T) map[string]any {
	s := map[string]any{"query": drawQuery(t, 2), "size": number(t, 1, 25), "sort": drawSort(t)}
	if rapid.Bool().Draw(t, "from") {
		s["from"] = number(t, 0, 9)
	}
	if number(t, 0, 3) == 0 {
		s["_source"] = some(t, []string{"shipmentId", "places", "nope"}, 0, 2)
	}
	if number(t, 0, 3) > 0 {
		fields := map[string]any{}
		for _, name := range append(some(t, texts, 3, 6), one(t, keywords[1:]...)) { // not the field that ranges are asked of
			fields[name] = rapid.SampledFrom([]map[string]int{{}, {}, {"number_of_fragments": number(t, 0, 3)}, {"fragment_size": number(t, 0, 150)}}).Draw(t, "options")
		}
		s["highlight"] = map[string]any{"fields": fields}
	}
	return s
}

func drawSort(t *rapid.T) []any {
	if rapid.Bool().Draw(t, "ranked") {
		return []any{"_score", "shipmentId"}
	}
	var keys []any
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"_score", "updatedAt", "weight", "tags", "status.keyword"}), 0, 2, func(s string) string { return s }).Draw(t, "keys") {
		options := map[string]string{"order": one(t, "asc", "desc")}
		if name != "_score" && rapid.Bool().Draw(t, "missing") {
			options["missing"] = one(t, "_first", "_last")
		}
		keys = append(keys, map[string]any{name: options})
	}
	return append(keys, map[string]any{"shipmentId": one(t, "asc", "desc")})
}
