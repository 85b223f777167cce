// Package index finds and ranks documents as Lucene 10 does. An index lives in memory: terms with the documents that have them,
// and the values to sort by. It holds no sources, and it is not safe for concurrent changes.
package index

import (
	"slices"
	"sort"

	"example.com/shiptrack/infra/localaws/internal/es/analysis"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
)

// Index is the memory of one index. Documents are numbered as they are added; what is replaced gets a new number, so that
// documents of equal rank stand in the order of their last writing.
type Index struct {
	fields  map[string]*field
	ids     []string // by document; empty: removed
	numbers map[string]uint32
}

// field is one field of all documents.
type field struct {
	terms    map[string][]posting
	lengths  []byte     // of texts, by document, as Lucene's norms encode them; 0: the document has none
	docCount int        // documents that have the text
	sumTotal int        // words in all of them
	strings  [][]string // sorted values by document
	numbers  [][]int64  // likewise
}

// posting is a document that has a term, and how often.
type posting struct{ doc, count uint32 }

// New is an index without documents.
func New() *Index {
	return &Index{fields: map[string]*field{}, numbers: map[string]uint32{}}
}

// Len is the number of documents.
func (x *Index) Len() int { return len(x.numbers) }

// Sparse says that most numbers are of removed documents, so that it is time to build the index anew.
func (x *Index) Sparse() bool { return len(x.ids) > 2*len(x.numbers)+1000 }

func (x *Index) field(name string) *field {
	f := x.fields[name]
	if f == nil {
		f = &field{terms: map[string][]posting{}}
		x.fields[name] = f
	}
	return f
}

// Add adds a document. One with its id must have been removed before.
func (x *Index) Add(id string, d mapping.Document) {
	doc := uint32(len(x.ids)) //nolint:gosec // there is no memory for so many
	x.ids = append(x.ids, id)
	x.numbers[id] = doc
	for name, values := range d.Texts {
		x.field(name).addText(doc, values)
	}
	for name, values := range d.Keywords {
		x.field(name).addKeywords(doc, values)
	}
	for name, values := range d.Numbers {
		values = slices.Clone(values)
		slices.Sort(values)
		f := x.field(name)
		f.numbers = put(f.numbers, doc, values)
	}
}

// Remove removes a document; d is what it was added with.
func (x *Index) Remove(id string, d mapping.Document) {
	doc, ok := x.numbers[id]
	if !ok {
		return
	}
	delete(x.numbers, id)
	x.ids[doc] = ""
	for name, values := range d.Texts {
		counts, length := countTerms(values)
		f := x.field(name)
		for term := range counts {
			f.drop(term, doc)
		}
		if length > 0 {
			f.docCount--
			f.sumTotal -= length
		}
	}
	for name := range d.Keywords {
		f := x.field(name)
		for _, term := range f.strings[doc] {
			f.drop(term, doc)
		}
		f.strings[doc] = nil
	}
	for name := range d.Numbers {
		x.field(name).numbers[doc] = nil
	}
}

func countTerms(values []string) (counts map[string]uint32, length int) {
	counts = map[string]uint32{}
	for _, value := range values {
		for token := range analysis.Tokens(value) {
			counts[token.Term]++
			length++
		}
	}
	return counts, length
}

func (f *field) addText(doc uint32, values []string) {
	counts, length := countTerms(values)
	if length == 0 {
		return
	}
	for term, count := range counts {
		f.terms[term] = append(f.terms[term], posting{doc, count})
	}
	f.lengths = put(f.lengths, doc, encodeLength(length))
	f.docCount++
	f.sumTotal += length
}

// addKeywords keeps values sorted and once, as Lucene's sorted sets are.
func (f *field) addKeywords(doc uint32, values []string) {
	values = slices.Clone(values)
	slices.Sort(values)
	values = slices.Compact(values)
	for _, term := range values {
		f.terms[term] = append(f.terms[term], posting{doc, 1})
	}
	f.strings = put(f.strings, doc, values)
}

// put sets the value of a document in a list that ends before it.
func put[T any](list []T, doc uint32, value T) []T {
	var none T
	for len(list) < int(doc) {
		list = append(list, none)
	}
	return append(list, value)
}

// of is the value of a document in a list that may end before it.
func of[T any](list []T, doc uint32) T {
	if int(doc) >= len(list) {
		var none T
		return none
	}
	return list[doc]
}

func (f *field) drop(term string, doc uint32) {
	list := f.terms[term]
	at := sort.Search(len(list), func(i int) bool { return list[i].doc >= doc })
	if at == len(list) || list[at].doc != doc {
		return
	}
	if list = slices.Delete(list, at, at+1); len(list) == 0 {
		delete(f.terms, term)
		return
	}
	f.terms[term] = list
}
