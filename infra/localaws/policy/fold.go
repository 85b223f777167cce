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
	const (
		lower   = 0x2020202020202020 // the bit by which letters differ; other pairs that it makes equal only share a hash
		beyond  = 0x8080808080808080
		scatter = 0x9e3779b97f4a7c15 // odd, its bits in no pattern
	)
	var all uint64
	hash = uint64(len(s))
	for ; len(s) > wordSize; s = s[wordSize:] {
		word := binary.LittleEndian.Uint64([]byte(s[:wordSize]))
		high, low := bits.Mul64(hash^(word|lower), scatter)
		all, hash = all|word, high^low
	}
	var word uint64
	for i := range len(s) {
		word = word<<8 | uint64(s[i])
	}
	high, low := bits.Mul64(hash^(word|lower), scatter)
	return high ^ low, (all|word)&beyond == 0
}

// leastFold returns the least rune that folds as r: a Kelvin sign folds to an ASCII letter.
func leastFold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}
