// Package query reads the body of a search. It refuses, as OpenSearch refuses what it does not know, every member and every
// query that is not named here: no body can reach another index, a script, a template or a query language.
package query

// Query is one of the types below.
type Query any

type (
	// MatchAll matches each document, with score 1.
	MatchAll struct{}
	// Term matches documents that have Value as a term of Field.
	Term struct{ Field, Value string }
	// Terms matches documents that have any of Values as a term of Field, with score 1.
	Terms struct {
		Field  string
		Values []string
	}
	// Range matches documents with a value of Field in the bounds, with score 1.
	Range struct {
		Field        string
		Lower, Upper *Bound // nil: unbounded
	}
	// Bound is one end of a Range.
	Bound struct {
		Value     string
		Inclusive bool
	}
	// Match matches documents that have the words of Text in Field: all, or any of them.
	Match struct {
		Field, Text string
		All         bool
	}
	// MultiMatch is Match in several fields. Across says that the fields count as one (cross_fields), else the best field of a
	// document counts.
	MultiMatch struct {
		Text        string
		Fields      []BoostedField
		All, Across bool
	}
	// BoostedField is a field whose score is multiplied by Boost.
	BoostedField struct {
		Name  string
		Boost float32
	}
	// Bool matches documents that match all of Must and Filter and none of MustNot, and where both are empty, one of Should.
	// Filter does not score.
	Bool struct{ Must, Filter, Should, MustNot []Query }
)

// Request is the body of a search.
type Request struct {
	From, Size int
	TrackTotal int // up to how many hits are counted; 0: not at all
	Query      Query
	Sort       []SortKey
	After      []Value // of search_after; nil: the first page
	Highlight  []HighlightField
	Source     Source
}

// SortKey is a field to sort by, or "_score".
type SortKey struct {
	Field        string
	Descending   bool
	MissingFirst bool
}

// Score is the sort key that is no field.
const Score = "_score"

// Value is one of search_after.
type Value struct {
	Text         string
	Null, Number bool
}

// HighlightField says how many fragments of which length (in UTF-16 units) are wanted of a field; Fragments 0: the whole value.
type HighlightField struct {
	Field           string
	Fragments, Size int
}

// Source says what of a document's source is answered.
type Source struct {
	None   bool
	Fields []string // nil: all
}

// What OpenSearch does where a request says nothing.
const (
	defaultSize       = 10
	defaultTrackTotal = 10_000
	defaultFragments  = 5
	defaultFragment   = 100
)

// ResultWindow bounds from plus size (index.max_result_window).
const ResultWindow = 10_000
