package dynamodb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// modelIndex is an index of newIndexed as a model that sorts all items anew sees it.
type modelIndex struct {
	name, partition, sort string // sort is empty where there is none
	project               string // as gsi has it
}

var modelIndexes = []modelIndex{
	{"LocalAll", "TenantID", "Weight", "ALL"},
	{"LocalKeys", "TenantID", "Carrier", "KEYS_ONLY"},
	{"LocalSome", "TenantID", "Carrier", "INCLUDE:Port"},
	{"ByCarrier", "Carrier", "Weight", "ALL"},
	{"CarrierKeys", "Carrier", "", "KEYS_ONLY"},
	{"SealSome", "Seal", "Weight", "INCLUDE:Port"},
	{"Swapped", "ShipmentID", "TenantID", "KEYS_ONLY"},
}

// lateIndex is one that UpdateTable creates and deletes while the model runs.
var lateIndex = modelIndex{"Late", "Port", "Carrier", "INCLUDE:Weight"}

func (x modelIndex) keys() []string {
	if x.sort == "" {
		return []string{x.partition}
	}
	return []string{x.partition, x.sort}
}

var modelKinds = map[string]attr.Kind{"TenantID": attr.S, "ShipmentID": attr.S, "Carrier": attr.S, "Weight": attr.N, "Seal": attr.B, "Port": attr.S}

// rows are what the index holds of the items, in its order.
func (x modelIndex) rows(items map[string]attr.Item) []attr.Item {
	var rows []attr.Item
	for _, item := range items {
		in := true
		for _, name := range x.keys() {
			in = in && item[name].Kind() == modelKinds[name] && item[name].Text() != ""
		}
		if in {
			rows = append(rows, item)
		}
	}
	slices.SortFunc(rows, func(a, b attr.Item) int {
		for _, name := range append(x.keys(), "TenantID", "ShipmentID") {
			if order := compareModel(a[name], b[name]); order != 0 {
				return order
			}
		}
		return 0
	})
	for i, item := range rows {
		rows[i] = x.projected(item)
	}
	return rows
}

func compareModel(a, b attr.Value) int {
	if a.Kind() == attr.N {
		x, _ := strconv.ParseFloat(a.Text(), 64)
		y, _ := strconv.ParseFloat(b.Text(), 64)
		return cmp.Compare(x, y)
	}
	return strings.Compare(a.Text(), b.Text())
}

func (x modelIndex) projected(item attr.Item) attr.Item {
	kind, included, _ := strings.Cut(x.project, ":")
	out := attr.Item{}
	for name, v := range item {
		if kind == "ALL" || slices.Contains(append(append(x.keys(), "TenantID", "ShipmentID"), strings.Fields(included)...), name) {
			out[name] = v
		}
	}
	return out
}
