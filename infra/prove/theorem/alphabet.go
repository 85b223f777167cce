package theorem

import (
	"errors"
	"math/bits"
	"strings"
	"unicode"
)

// set is a set of symbols.
type set [5]uint64

const maxSymbols = 64 * len(set{})

func (s *set) add(symbol int)     { s[symbol/64] |= 1 << (symbol % 64) }
func (s set) has(symbol int) bool { return s[symbol/64]&(1<<(symbol%64)) != 0 }

func (s set) and(o set) set {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s set) or(o set) set {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s set) minus(o set) set {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s set) isEmpty() bool { return s == set{} }

// first is the symbol of s that reads best, which is the least.
func (s set) first() int {
	for i, word := range s {
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// alphabet divides the characters into symbols. Printable ASCII, and each other character that a text of the question names, is a
// symbol of its own. All others are two symbols, told apart by whether a tag may hold them: no policy can tell more of them apart.
type alphabet struct {
	runes []rune // one of each symbol
	index map[rune]int
	all   set
	// letter and other are the symbols of all characters without one of their own.
	letter, other int
	// effort is how many situations were looked at: see prover.within.
	effort int
	// valued says that no tag is empty: see CompareDecided.
	valued bool
	// literals are the automata of constraints without variables, by their keys.
	literals map[string]*automaton
}

const readable = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./"

var errAlphabet = errors.New("the policies name more than 200 different characters beyond ASCII")

// newAlphabet has the characters of texts, and what each folds to, as symbols.
func newAlphabet(texts []string) (*alphabet, error) {
	a := &alphabet{index: map[rune]int{}, literals: map[string]*automaton{}}
	for _, r := range readable {
		a.own(r)
	}
	for r := ' '; r <= '~'; r++ {
		a.own(r)
	}
	a.own('\u212a') // the Kelvin sign and the long s fold to ASCII letters
	a.own('\u017f')
	for _, text := range texts {
		for _, r := range text {
			if len(a.runes) > maxSymbols-16 {
				return nil, errAlphabet
			}
			a.own(r)
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				a.own(f)
			}
		}
	}
	unused := func(legal bool, from rune) int {
		for r := from; ; r++ {
			if _, taken := a.index[r]; !taken && isTagLetter(r) == legal {
				a.runes = append(a.runes, r)
				return len(a.runes) - 1
			}
		}
	}
	a.letter, a.other = unused(true, 'à'), unused(false, '¡')
	for i := range a.runes {
		a.all.add(i)
	}
	return a, nil
}

func (a *alphabet) own(r rune) {
	if _, taken := a.index[r]; !taken {
		a.index[r] = len(a.runes)
		a.runes = append(a.runes, r)
	}
}

// of is the symbol of r.
func (a *alphabet) of(r rune) int {
	if symbol, ok := a.index[r]; ok {
		return symbol
	}
	if isTagLetter(r) {
		return a.letter
	}
	return a.other
}

func (a *alphabet) only(r rune) (s set) {
	s.add(a.of(r))
	return s
}

// folded are the symbols that strings.EqualFold calls equal to r.
func (a *alphabet) folded(r rune) set {
	s := a.only(r)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		s.add(a.of(f))
	}
	return s
}

// foldedASCII are those that are equal to r without regard to ASCII case.
func (a *alphabet) foldedASCII(r rune) set {
	s := a.only(r)
	if r < unicode.MaxASCII {
		s.add(a.of(unicode.ToLower(r)))
		s.add(a.of(unicode.ToUpper(r)))
	}
	return s
}

// where are the symbols of which f is true.
func (a *alphabet) where(f func(rune) bool) (s set) {
	for i, r := range a.runes {
		if f(r) {
			s.add(i)
		}
	}
	return s
}

func (a *alphabet) spell(word []int) string {
	var b strings.Builder
	for _, symbol := range word {
		b.WriteRune(a.runes[symbol])
	}
	return b.String()
}

// symbols are those of text.
func (a *alphabet) symbols(text string) []int {
	var all []int
	for _, r := range text {
		all = append(all, a.of(r))
	}
	return all
}

func isTagLetter(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Z) }

// isTag reports whether the value of a session tag may hold r: STS API reference, Tag: [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
func isTag(r rune) bool { return isTagLetter(r) || strings.ContainsRune("_.:/=+-@", r) }

// isSessionName reports whether a session's name may hold r: STS API reference, AssumeRole: [\w+=,.@-]*.
func isSessionName(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_+=,.@-", r))
}
