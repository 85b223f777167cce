// Package analysis cuts text into terms as OpenSearch's standard analyzer does: the words of UAX #29, in lower case. It has
// no stop words and no other analyzer.
package analysis

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// maxTokenLength is the length of the longest term, in UTF-16 units. Lucene's StandardTokenizer cuts what is longer.
const maxTokenLength = 255

// Token is one word of a text.
type Token struct {
	Term       string // in lower case
	Start, End int    // where the word stands in the text, in bytes
}

// Tokens yields the words of text, in their order.
func Tokens(text string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for start, end := range segments(text) {
			for start < end {
				stop := start + cut(text[start:end])
				if !yield(Token{strings.ToLower(text[start:stop]), start, stop}) {
					return
				}
				start = stop
			}
		}
	}
}

// segments yields start and end of each word. A run of a script that is written without spaces between words (Thai and others)
// is one word for Lucene, where UAX #29 breaks after each letter.
func segments(text string) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		runStart, runEnd := 0, 0
		for it := words.FromString(text); it.Next(); {
			switch word := it.Value(); {
			case isUnspaced(word):
				if runEnd != it.Start() || runStart == runEnd {
					if runStart < runEnd && !yield(runStart, runEnd) {
						return
					}
					runStart = it.Start()
				}
				runEnd = it.End()
			case isWord(word):
				if runStart < runEnd && !yield(runStart, runEnd) || !yield(it.Start(), it.End()) {
					return
				}
				runStart, runEnd = 0, 0
			}
		}
		if runStart < runEnd {
			yield(runStart, runEnd)
		}
	}
}

// isWord says whether a segment has a letter, a digit, an emoji or a flag; the others are blanks, punctuation and marks.
func isWord(segment string) bool {
	flags := 0
	for _, r := range segment {
		switch {
		case r < utf8.RuneSelf:
			if '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
				return true
			}
		case unicode.In(r, unicode.L, unicode.Nd, unicode.Nl, pictographic),
			unicode.Is(unicode.Other_Alphabetic, r) && !unicode.Is(unicode.M, r):
			return true
		case unicode.Is(unicode.Regional_Indicator, r):
			if flags++; flags == 2 {
				return true
			}
		}
	}
	return false
}

// isUnspaced says whether a segment begins with a letter or a mark of a script whose words UAX #29 cannot tell: its line break
// class is SA (UAX #14).
func isUnspaced(segment string) bool {
	r, _ := utf8.DecodeRuneInString(segment)
	return r >= 0x0E00 && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Myanmar, unicode.Khmer, unicode.Tai_Le,
		unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet) && unicode.In(r, unicode.L, unicode.M)
}

// cut returns how many bytes of a word its first term has.
func cut(word string) int {
	if len(word) <= maxTokenLength {
		return len(word)
	}
	units := 0
	for i, r := range word {
		if units += utf16Len(r); units > maxTokenLength {
			return i
		}
	}
	return len(word)
}

func utf16Len(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
