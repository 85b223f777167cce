// Package capacity counts the capacity units that reads and writes cost, and reports them as
// ReturnConsumedCapacity asks. It refuses nothing: no request is throttled here.
package capacity

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Units are counted as "DynamoDB provisioned capacity mode", "Read and write operations", has them: a
// read unit is 4 KB read consistently, half of one otherwise; a write unit is 1 KB; transactions cost
// double.
const (
	readUnit  = 4 << 10
	writeUnit = 1 << 10
)

// ReadUnits is the cost of reading that many bytes; reading nothing costs as much as one small item.
func ReadUnits(bytes int, consistent bool) float64 {
	units := float64(max(1, (bytes+readUnit-1)/readUnit))
	if consistent {
		return units
	}
	return units / 2
}

// WriteUnits is the cost of writing, or removing, that many bytes.
func WriteUnits(bytes int) float64 { return float64(max(1, (bytes+writeUnit-1)/writeUnit)) }

// Consumed is ConsumedCapacity, as the API has it.
type Consumed struct {
	TableName              string
	CapacityUnits          float64
	Table                  *Units           `json:",omitzero"`
	LocalSecondaryIndexes  map[string]Units `json:",omitempty"`
	GlobalSecondaryIndexes map[string]Units `json:",omitempty"`
}

// Units are the units of a table or an index, as the API has them.
type Units struct{ CapacityUnits float64 }

// Cost is the units of one table, and of its indexes by name.
type Cost struct {
	Table         float64
	local, global map[string]Units
}

// Indexed adds units of an index; none leaves it out.
func (c *Cost) Indexed(x *table.Index, units float64) {
	if units == 0 {
		return
	}
	of := &c.global
	if x.Local {
		of = &c.local
	}
	if *of == nil {
		*of = map[string]Units{}
	}
	(*of)[x.Name] = Units{(*of)[x.Name].CapacityUnits + units}
}

// add adds another cost of the same table, so many times.
func (c *Cost) add(more Cost, times float64) {
	c.Table += times * more.Table
	for _, side := range []struct {
		into *map[string]Units
		from map[string]Units
	}{{&c.local, more.local}, {&c.global, more.global}} {
		for name, units := range side.from {
			if *side.into == nil {
				*side.into = map[string]Units{}
			}
			(*side.into)[name] = Units{(*side.into)[name].CapacityUnits + times*units.CapacityUnits}
		}
	}
}

// Report is what a value of ReturnConsumedCapacity asks for, of the named table; nil where it asks for
// nothing.
func (c Cost) Report(asked, name string) *Consumed {
	sum := c.Table
	for _, of := range []map[string]Units{c.local, c.global} {
		for _, units := range of {
			sum += units.CapacityUnits
		}
	}
	switch asked {
	case "TOTAL":
		return &Consumed{TableName: name, CapacityUnits: sum}
	case "INDEXES":
		return &Consumed{name, sum, &Units{c.Table}, c.local, c.global}
	}
	return nil
}

// Spending is the cost of several tables, by name.
type Spending map[string]*Cost

// Add adds a cost of the named table, so many times.
func (s Spending) Add(name string, c Cost, times float64) {
	if s[name] == nil {
		s[name] = &Cost{}
	}
	s[name].add(c, times)
}

// Report is what a value of ReturnConsumedCapacity asks for, in the order of the tables' names; nil where it
// asks for nothing.
func (s Spending) Report(asked string) []*Consumed {
	var all []*Consumed
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if c := s[name].Report(asked, name); c != nil {
			all = append(all, c)
		}
	}
	return all
}
