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
	TableName              string
	CapacityUnits          float64
	Table                  *capacityUnits           `json:",omitzero"`
	LocalSecondaryIndexes  map[string]capacityUnits `json:",omitempty"`
	GlobalSecondaryIndexes map[string]capacityUnits `json:",omitempty"`
}

type capacityUnits struct{ CapacityUnits float64 }

// cost is the units of a table, and of its indexes by name.
type cost struct {
	table         float64
	local, global map[string]capacityUnits
}

// indexed adds units of an index; none leaves it out.
func (c *cost) indexed(x *index, units float64) {
	if units == 0 {
		return
	}
	of := &c.global
	if x.Local {
		of = &c.local
	}
	if *of == nil {
		*of = map[string]capacityUnits{}
	}
	(*of)[x.Name] = capacityUnits{(*of)[x.Name].CapacityUnits + units}
}

// add adds another cost of the same table, so many times.
func (c *cost) add(more cost, times float64) {
	c.table += times * more.table
	for _, side := range []struct {
		into *map[string]capacityUnits
		from map[string]capacityUnits
	}{{&c.local, more.local}, {&c.global, more.global}} {
		for name, units := range side.from {
			if *side.into == nil {
				*side.into = map[string]capacityUnits{}
			}
			(*side.into)[name] = capacityUnits{(*side.into)[name].CapacityUnits + times*units.CapacityUnits}
		}
	}
}

// report is what ReturnConsumedCapacity asks for; nil where it asks for nothing.
func (c cost) report(asked, table string) *consumedCapacity {
	sum := c.table
	for _, of := range []map[string]capacityUnits{c.local, c.global} {
		for _, units := range of {
			sum += units.CapacityUnits
		}
	}
	switch asked {
	case "TOTAL":
		return &consumedCapacity{TableName: table, CapacityUnits: sum}
	case "INDEXES":
		return &consumedCapacity{table, sum, &capacityUnits{c.table}, c.local, c.global}
	}
	return nil
}

// consumed is the report of units of a table alone.
func consumed(asked string, t *target, units float64) *consumedCapacity {
	return cost{table: units}.report(asked, t.name)
}

// spending is the cost of several tables, by name.
type spending map[string]*cost

func (s spending) add(t *target, c cost, times float64) {
	if s[t.name] == nil {
		s[t.name] = &cost{}
	}
	s[t.name].add(c, times)
}

func (s spending) report(asked string) []*consumedCapacity {
	var all []*consumedCapacity
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if c := s[name].report(asked, name); c != nil {
			all = append(all, c)
		}
	}
	return all
}
