package table

import "slices"

// Index is a secondary index of a table. It is immutable, as the table is.
type Index struct {
	// ID tells an index from one that had its name before, on this table or another.
	ID         uint64
	Name       string
	Local      bool `json:",omitempty"`
	Keys       KeySchema
	Projection Projection
	Read       int64               `json:",omitempty"` // provisioned read capacity units of a global index
	Write      int64               `json:",omitempty"` // provisioned write capacity units of a global index
	Limits     *OnDemandThroughput `json:",omitzero"`  // of a global index, as the next
	Warm       *Throughput         `json:",omitzero"`
}

// Projection says what of an item an index holds: its keys always.
type Projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

// The values of ProjectionType.
const (
	ProjectAll     = "ALL"
	ProjectKeys    = "KEYS_ONLY"
	ProjectInclude = "INCLUDE"
)

// Is reports whether both are the same index, perhaps with other settings. An index that is not in the store yet is none of
// those that are.
func (x *Index) Is(other *Index) bool { return x.ID == other.ID }

// Holds reports whether an entry has the attribute, where the item has it; t is the index's table.
func (x *Index) Holds(t *Table, name string) bool {
	return x.Projection.ProjectionType == ProjectAll || t.Keys.Has(name) || x.Keys.Has(name) ||
		slices.Contains(x.Projection.NonKeyAttributes, name)
}

// Lacks returns those of names that entries do not hold, nil where they hold all; t is the index's table.
func (x *Index) Lacks(t *Table, names []string) []string {
	var missing []string
	for _, name := range names {
		if !x.Holds(t, name) {
			missing = append(missing, name)
		}
	}
	return missing
}
