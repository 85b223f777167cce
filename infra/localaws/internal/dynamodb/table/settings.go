package table

import "time"

// Throughput is a pair of read and write units: of capacity, or per second.
type Throughput struct{ Read, Write int64 }

// atLeast returns the larger of both kinds of units.
func (u Throughput) atLeast(least *Throughput) Throughput {
	if least == nil {
		return u
	}
	return Throughput{max(u.Read, least.Read), max(u.Write, least.Write)}
}

// onDemandStart is what a new table on demand can do per second ("Understanding DynamoDB warm throughput", DynamoDB
// Developer Guide).
var onDemandStart = Throughput{12000, 4000}

// OnDemandThroughput are the most request units per second of a table or an index on demand, nil: no limit. It has the form
// of the API.
type OnDemandThroughput struct {
	MaxReadRequestUnits  *int64 `json:",omitzero"`
	MaxWriteRequestUnits *int64 `json:",omitzero"`
}

// Recovery is point-in-time recovery that is enabled.
type Recovery struct {
	Since time.Time
	Days  int // how far back it reaches, 1 to 35
}

// WarmUnits are the units per second that the table can do at once: no fewer than was asked for.
func (t *Table) WarmUnits() Throughput { return t.warm(t.Read, t.Write, t.Warm) }

// WarmUnitsOf are those of a global index of the table.
func (t *Table) WarmUnitsOf(x *Index) Throughput { return t.warm(x.Read, x.Write, x.Warm) }

func (t *Table) warm(read, write int64, asked *Throughput) Throughput {
	if t.OnDemand {
		return onDemandStart.atLeast(asked)
	}
	return Throughput{read, write}.atLeast(asked)
}
