package answer

import (
	"math"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// collectionMetrics is ItemCollectionMetrics, as the API has it: a partition key, and between how many gigabytes its items
// and their entries in local indexes lie.
type collectionMetrics struct {
	ItemCollectionKey   attr.Item
	SizeEstimateRangeGB [2]float64
}

// collectionOf is what ReturnItemCollectionMetrics asks for of the item under key; nil where the table has no local index
// and so no collections. The estimate's upper end is the size of the whole table in gigabytes, rounded up.
func collectionOf(s *store.Store, t *table.Table, key attr.Item) (*collectionMetrics, error) {
	if !slices.ContainsFunc(t.Indexes, func(x *table.Index) bool { return x.Local }) {
		return nil, nil
	}
	sizes, err := s.Sizes(t)
	if err != nil {
		return nil, err
	}
	bytes := sizes.Bytes
	for _, x := range t.Indexes {
		if x.Local {
			bytes += sizes.Indexes[x.Name].Bytes
		}
	}
	name := t.Keys.Partition.Name
	return &collectionMetrics{
		ItemCollectionKey:   attr.Item{name: key[name]},
		SizeEstimateRangeGB: [2]float64{0, math.Max(1, math.Ceil(float64(bytes)/(1<<30)))},
	}, nil
}

// collections are those of several writes, by table and each once; nil where none was asked for, or there are none.
func collections(s *store.Store, asked bool, changes []*request.Change) (map[string][]*collectionMetrics, error) {
	if !asked {
		return nil, nil
	}
	var all map[string][]*collectionMetrics
	for _, c := range changes {
		if c.Kind == "ConditionCheckItem" {
			continue
		}
		one, err := collectionOf(s, c.Target.Table, c.ItemKey())
		if err != nil {
			return nil, err
		}
		if one == nil || slices.ContainsFunc(all[c.Target.Name], one.same) {
			continue
		}
		if all == nil {
			all = map[string][]*collectionMetrics{}
		}
		all[c.Target.Name] = append(all[c.Target.Name], one)
	}
	return all, nil
}

// same reports whether both are of one collection of a table.
func (m *collectionMetrics) same(other *collectionMetrics) bool {
	for name, v := range m.ItemCollectionKey {
		return v.Equal(other.ItemCollectionKey[name])
	}
	return false
}
