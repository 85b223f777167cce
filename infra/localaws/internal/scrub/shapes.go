package scrub

import (
	"slices"
	"strings"
)

// shapes are what a text has without which it holds no secret of a kind. The expressions are slow: these avoid them for nearly
// every record.
type shapes struct {
	word  bool // bearer or basic
	jws   bool // how the first part of a JWT begins
	named bool // what stands between a name and its value
	at    bool
	dash  bool
	key   bool // secretKeyLength characters of base64, or encoded for a URL, in a row
	token bool // longRun characters of base64, of either alphabet or encoded for a URL, in a row
}

// What a byte of a text may be, as bits.
const (
	inKey   = 1 << iota // of base64, or encoded for a URL
	inToken             // the same, of either alphabet
	begins              // a shape may begin here
)

var bytesOf = func() (table [256]uint8) {
	for c := range table {
		if isAlphanumeric(byte(c)) || strings.IndexByte("+/%", byte(c)) >= 0 {
			table[c] |= inKey | inToken
		}
		if strings.IndexByte("=_-", byte(c)) >= 0 {
			table[c] |= inToken
		}
		if strings.IndexByte(`bBe="%@-`, byte(c)) >= 0 {
			table[c] |= begins
		}
	}
	return table
}()

// look reads s once.
func look(s string) (found shapes) {
	key, token := 0, 0 // characters of the runs that go on
	for i := range len(s) {
		kind := bytesOf[s[i]]
		if kind&inKey == 0 {
			key = 0
		} else if key++; key == secretKeyLength {
			found.key = true
		}
		if kind&inToken == 0 {
			token = 0
		} else if token++; token == longRun {
			found.token = true
		}
		if kind&begins != 0 {
			found.note(s[i:])
		}
	}
	return found
}

// note looks at what begins with s.
func (f *shapes) note(s string) {
	switch s[0] {
	case 'b', 'B':
		f.word = f.word || hasFold(s, "bearer") || hasFold(s, "basic")
	case 'e':
		f.jws = f.jws || len(s) > 2 && (s[1] == 'y' || s[1] == 'w') && slices.Contains(jwsBegins, s[:3])
	case '=', '"':
		f.named = true
	case '%':
		f.named = f.named || hasFold(s, "%3d")
	case '@':
		f.at = true
	case '-':
		f.dash = f.dash || strings.HasPrefix(s, "-----")
	}
}

// hasFold reports whether s begins with word in any case.
func hasFold(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}
