package dynamodb

import (
	"maps"
	"slices"
)

// Units are counted as "DynamoDB provisioned capacity mode", "Read and write operations", has them: a
// read unit is 4 KB read consistently, half of one otherwise; a write unit is 1 KB; transactions cost
// double.
const (
	readUnit  = 4 << 10
	writeUnit = 1 << 10
)

// readUnits is the cost of reading that many bytes; reading nothing costs as much as one small item.
func readUnits(bytes int, consistent bool) float64 {
	units := float64(max(1, (bytes+readUnit-1)/readUnit))
	if consistent {
		return units
	}
	return units / 2
}

func writeUnits(bytes int) float64 { return float64(max(1, (bytes+writeUnit-1)/writeUnit)) }

type consumedCapacity struct {
	TableName     string
	CapacityUnits float64
	Table         *capacityUnits `json:",omitzero"`
}

type capacityUnits struct{ CapacityUnits float64 }

// consumed is what ReturnConsumedCapacity asks for; nil where it asks for nothing.
func consumed(asked string, t *target, units float64) *consumedCapacity {
	switch asked {
	case "TOTAL":
		return &consumedCapacity{TableName: t.name, CapacityUnits: units}
	case "INDEXES":
		return &consumedCapacity{TableName: t.name, CapacityUnits: units, Table: &capacityUnits{units}}
	}
	return nil
}

// spending is the units of several tables, by name.
type spending map[string]float64

func (s spending) add(t *target, units float64) { s[t.name] += units }

func (s spending) report(asked string) []*consumedCapacity {
	var all []*consumedCapacity
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if c := consumed(asked, &target{name: name}, s[name]); c != nil {
			all = append(all, c)
		}
	}
	return all
}
