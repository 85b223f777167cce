package highlight

import (
	"sort"
	"unicode/utf16"
)

// text is one value with the places where it may be cut.
type text struct {
	offset int // where it begins in all values, joined
	runes  []rune
	units  []uint16
	at     []int // where each rune begins in units, and where the last one ends
}

func newText(value string, offset int) *text {
	t := &text{offset: offset, runes: []rune(value)}
	t.units = utf16.Encode(t.runes)
	t.at = make([]int, len(t.runes)+1)
	for i, r := range t.runes {
		t.at[i+1] = t.at[i] + max(1, utf16.RuneLen(r))
	}
	return t
}

// breaks has the places where next ends one unit of the text and begins another, with the beginning and the end.
func (t *text) breaks(next func([]rune) int) []int {
	places := []int{0}
	for i := 0; i < len(t.runes); {
		i += next(t.runes[i:])
		places = append(places, t.at[i])
	}
	return places
}

// scanner is OpenSearch's BoundedBreakIteratorScanner: it joins sentences up to a length, and cuts longer ones between words.
type scanner struct {
	sentences, words []int // words are cut where a sentence is too long
	text             *text
	size             int // 0: sentences are neither joined nor cut
	windowStart      int
	windowEnd        int
	end              int // of the last fragment
}

func newScanner(t *text, o Options) *scanner {
	s := &scanner{text: t, size: o.Size, windowStart: -1, windowEnd: -1}
	if o.Whole || o.Fragments == 0 {
		s.sentences, s.size = []int{0, len(t.units)}, 0
	} else {
		s.sentences = t.breaks(sentenceEnd)
	}
	return s
}

// around returns the fragment that a word stands in. It must be called with growing places.
func (s *scanner) around(place int) (start, end int) {
	offset := place + 1
	if offset > s.windowStart && offset < s.windowEnd && s.size > 0 {
		start, end = s.end, s.windowEnd
	} else {
		start, end = before(s.sentences, offset), after(s.sentences, place)
		for s.size > 0 && end-start < s.size {
			next := after(s.sentences, end)
			if next < 0 || next-start > s.size {
				break
			}
			end = next
		}
		s.windowStart, s.windowEnd = start, end
	}
	if s.size > 0 && end-start > s.size {
		start, end = s.cut(offset, start, end)
	}
	s.end = end
	return max(start, 0), min(end, len(s.text.units))
}

// cut makes a fragment of a sentence that is too long, by words: first on the left, then what remains on the right.
func (s *scanner) cut(offset, start, end int) (int, int) {
	if s.words == nil {
		s.words = s.text.breaks(wordEnd)
	}
	if offset-s.size > start {
		start = max(start, before(s.words, offset-s.size))
	}
	if remaining := max(0, s.size-(offset-start)); offset+remaining < s.windowEnd {
		end = min(s.windowEnd, after(s.words, offset+remaining))
	}
	return start, end
}

// before is the last place below offset, after the first place above it; -1 where there is none.
func before(places []int, offset int) int {
	i := sort.SearchInts(places, offset)
	if i == 0 {
		return -1
	}
	return places[i-1]
}

func after(places []int, offset int) int {
	i := sort.SearchInts(places, offset+1)
	if i == len(places) {
		return -1
	}
	return places[i]
}
