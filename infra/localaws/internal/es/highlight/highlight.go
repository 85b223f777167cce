// Package highlight cuts out of a field what a search found in it, as OpenSearch's unified highlighter does: fragments of whole
// sentences, about as long as is asked for, the best ones in the order of the text, with <em> around each word that was found.
// Lengths and places are in UTF-16 units, as there.
package highlight

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"

	"example.com/shiptrack/infra/localaws/internal/es/analysis"
)

const openTag, closeTag = "<em>", "</em>"

// Options say how fragments are cut.
type Options struct {
	Whole     bool // each value is one term, and one fragment: a keyword
	Fragments int  // how many at most; 0: each value is one fragment
	Size      int  // of a fragment; 0: each sentence is one
}

// passage is one fragment to be, with the words found in it.
type passage struct {
	text       *text
	start, end int // in the text
	found      []word
	score      float32
}

// word is one that was found in a text.
type word struct {
	start, end int
	term       string // its name
}

// Of returns the fragments of a field's values that have one of the terms. Terms of one name count as one word.
func Of(values []string, terms map[string]string, o Options) []string {
	var passages []passage
	length := -1 // of the values, joined by one unit
	inField := map[string]int{}
	for _, value := range values {
		offset := length + 1
		length = offset + unitsOf(value)
		found := find(value, terms, o.Whole)
		if len(found) == 0 {
			continue
		}
		for _, w := range found {
			inField[w.term]++
		}
		passages = append(passages, newText(value, offset).passages(found, o)...)
	}
	for i := range passages {
		passages[i].score = passages[i].rank(length, inField)
	}
	var out []string
	for _, p := range best(passages, o.Fragments) {
		if fragment := strings.Trim(p.write(), trimmed); fragment != "" {
			out = append(out, fragment)
		}
	}
	return out
}

// trimmed are the characters that Java's String.trim removes.
var trimmed = func() string {
	var b strings.Builder
	for r := range rune(' ' + 1) {
		b.WriteRune(r)
	}
	return b.String()
}()

// best keeps the passages that rank highest, in their order. Of equal ones the later stay, as in OpenSearch.
func best(passages []passage, wanted int) []passage {
	if wanted == 0 || len(passages) <= wanted {
		return passages
	}
	slices.SortFunc(passages, func(a, b passage) int { return cmp.Or(cmp.Compare(b.score, a.score), b.place()-a.place()) })
	passages = passages[:wanted]
	slices.SortFunc(passages, func(a, b passage) int { return a.place() - b.place() })
	return passages
}

// place is where the passage begins in all values.
func (p passage) place() int { return p.text.offset + p.start }

// find has the words of one value that are among the terms.
func find(value string, terms map[string]string, whole bool) []word {
	if whole {
		if name, ok := terms[value]; ok && value != "" {
			return []word{{0, unitsOf(value), name}}
		}
		return nil
	}
	var found []word
	rest, units := 0, 0 // the bytes that are counted, and their units
	for token := range analysis.Tokens(value) {
		name, ok := terms[token.Term]
		if !ok {
			continue
		}
		start := units + unitsOf(value[rest:token.Start])
		units, rest = start+unitsOf(value[token.Start:token.End]), token.End
		found = append(found, word{start, units, name})
	}
	return found
}

func unitsOf(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// passages puts the words that were found into passages.
func (t *text) passages(found []word, o Options) []passage {
	var out []passage
	scanner := newScanner(t, o)
	for _, w := range found {
		if len(out) == 0 || w.start >= out[len(out)-1].end {
			start, end := scanner.around(w.start)
			out = append(out, passage{text: t, start: start, end: end})
		}
		p := &out[len(out)-1]
		p.found = append(p.found, w)
	}
	return out
}

func (p passage) write() string {
	var b strings.Builder
	at, units := p.start, p.text.units
	for _, w := range p.found {
		end := min(w.end, p.end)
		b.WriteString(string(utf16.Decode(units[at:w.start])))
		b.WriteString(openTag + string(utf16.Decode(units[w.start:end])) + closeTag)
		at = end
	}
	b.WriteString(string(utf16.Decode(units[at:max(at, p.end)])))
	return b.String()
}
