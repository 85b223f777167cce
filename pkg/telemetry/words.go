package telemetry

import "strings"

// words are texts in lower case, by their first byte: all are looked for in one pass.
type words [256][]string

func wordsOf(all ...string) *words {
	var w words
	for _, word := range all {
		w[word[0]] = append(w[word[0]], word)
	}
	return &w
}

// in reports whether s has one of the words, in any case.
func (w *words) in(s string) bool {
	for i := range len(s) {
		for _, word := range w[s[i]|0x20] { // the lower case of a letter
			if end := i + len(word); end <= len(s) && strings.EqualFold(s[i:end], word) {
				return true
			}
		}
	}
	return false
}
