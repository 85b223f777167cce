package policy

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
)

// wordSize is how many bytes foldHash takes at once.
const wordSize = 8

// foldHash hashes name so that names which strings.EqualFold calls equal have equal hashes. It spares both the lower-cased copy of
// each name and the comparison of most pairs.
func foldHash(name string) uint32 {
	hash, ascii := hashWords(name)
	if !ascii {
		hash, _ = hashWords(strings.Map(leastFold, name))
	}
	return uint32(hash)
}

// hashWords hashes s without regard to the case of ASCII letters, and reports whether all of s is ASCII.
func hashWords(s string) (hash uint64, ascii bool) {
	const beyond = 0x8080808080808080
	hash = uint64(len(s))
	if len(s) < wordSize {
		var word uint64
		for i := range len(s) {
			word = word<<8 | uint64(s[i])
		}
		return mix(hash, word), word&beyond == 0
	}
	var all uint64
	for i := 0; i < len(s)-wordSize; i += wordSize {
		word := wordAt(s, i)
		hash, all = mix(hash, word), all|word
	}
	last := wordAt(s, len(s)-wordSize) // may overlap the one before it
	return mix(hash, last), (all|last)&beyond == 0
}

func wordAt(s string, at int) uint64 { return binary.LittleEndian.Uint64([]byte(s[at : at+wordSize])) }

func mix(hash, word uint64) uint64 {
	const (
		lower   = 0x2020202020202020 // the bit by which letters differ; other pairs that it makes equal only share a hash
		scatter = 0x9e3779b97f4a7c15 // odd, its bits in no pattern
	)
	high, low := bits.Mul64(hash^(word|lower), scatter)
	return high ^ low
}

// leastFold returns the least rune that folds as r: a Kelvin sign folds to an ASCII letter.
func leastFold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}
