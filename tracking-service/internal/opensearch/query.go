package opensearch

import (
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/tracking-service/internal/search"
)

// object is one of JSON.
type object map[string]any

// fragments is how many parts of a field are shown at most.
const fragments = 3

// searchBody returns the body of a search: the only place that makes one. IAM sees no body, and a body can name other indexes. So
// nothing of the question becomes JSON but as a text and as one of the known statuses, and the words are for match
// queries alone, which know no syntax. One hit more than limit tells whether more follow.
func searchBody(q search.Question, limit int, after *search.Position) ([]byte, error) {
	body := object{
		"size": limit + 1, "track_total_hits": true, "_source": shown, "query": object{"bool": clauses(q)},
		"sort": []object{{fieldETA: "asc"}, {fieldID: "asc"}},
	}
	if q.IsRanked() {
		body["sort"] = []object{{"_score": "desc"}, {fieldID: "asc"}}
		fields := object{}
		for _, field := range search.Fields() {
			fields[string(field)] = object{}
		}
		body["highlight"] = object{"number_of_fragments": fragments, "fields": fields}
	}
	if after != nil {
		body["search_after"] = []any{after.Key, after.ID.String()}
	}
	return json.Marshal(body, json.Deterministic(true))
}

func clauses(q search.Question) object {
	all := object{"must": object{"match_all": object{}}}
	if q.IsRanked() {
		all["must"] = object{"multi_match": object{
			"query": q.Words, "fields": search.Fields(), "type": "cross_fields", "operator": "and",
		}}
	}
	if q.Status != "" {
		all["filter"] = object{"term": object{fieldStatus: string(q.Status)}}
	}
	return all
}
