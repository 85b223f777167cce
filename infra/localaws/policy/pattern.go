package policy

import (
	"strings"
	"unicode/utf8"
)

// pattern is a compiled text of a policy: literal text, wildcards and variables. It is matched piece by
// piece, so that the value of a variable is always compared as literal text.
type pattern struct {
	source    string // as the document has it
	text      string // the literal text that it begins with: all of it, where it is literal
	literal   bool
	prefix    bool // it is text and a * behind it
	variables bool
	pieces    []piece
}

type piece struct {
	kind     pieceKind
	text     string // of pieceText; the default of pieceVariable
	fallback bool   // pieceVariable has a default
	key      conditionKey
	slot     int    // of pieceVariable: which of the pattern's variables it is
	written  string // pieceVariable as the document has it
}

type pieceKind uint8

const (
	pieceText pieceKind = iota
	pieceOne            // ?
	pieceMany           // *
	pieceVariable
)

// value is what a variable stands for. A key that is absent, empty or without values has none: IAM User
// Guide, "Policy variables with no value" and, on the empty string, "The request context".
func (p *piece) value(ctx *Context) (string, bool) {
	if e := ctx.lookup(p.key); e != nil {
		if e.undecidable() || e.multivalued() {
			return "", false
		}
		if e.one[0] != "" {
			return e.one[0], true
		}
	}
	return p.text, p.fallback
}

// match reports whether s is what p describes; a variable without value matches nothing.
func (p *pattern) match(s string, ctx *Context) bool {
	switch {
	case p.literal:
		return s == p.text
	case p.isVariable():
		value, ok := p.pieces[0].value(ctx)
		return ok && s == value
	case !strings.HasPrefix(s, p.text):
		return false
	case p.prefix:
		return true
	}
	return p.matchPieces(s, ctx)
}

func (p *pattern) matchPieces(s string, ctx *Context) bool {
	var buf [4]string // spares the common pattern an allocation
	values := buf[:0]
	if p.variables {
		for i := range p.pieces {
			if p.pieces[i].kind != pieceVariable {
				continue
			}
			value, ok := p.pieces[i].value(ctx)
			if !ok {
				return false
			}
			values = append(values, value)
		}
	}
	return glob(p.pieces, values, s, false)
}

// matchFold is match for patterns without variables, without regard to ASCII case.
func (p *pattern) matchFold(s string) bool {
	switch {
	case p.literal:
		return s == p.text || equalFoldASCII(s, p.text)
	case len(s) < len(p.text) || !equalFoldASCII(s[:len(p.text)], p.text):
		return false
	case p.prefix: // "dynamodb:*", the commonest
		return true
	}
	return glob(p.pieces, nil, s, true)
}

// isVariable reports whether p is a variable and nothing else.
func (p *pattern) isVariable() bool { return p.variables && len(p.pieces) == 1 }

// resolves reports whether every variable of p has a value.
func (p *pattern) resolves(ctx *Context) bool {
	for i := range p.pieces {
		if p.pieces[i].kind == pieceVariable {
			if _, ok := p.pieces[i].value(ctx); !ok {
				return false
			}
		}
	}
	return true
}

// expand returns p's text with its variables replaced; it is for patterns without wildcards.
func (p *pattern) expand(ctx *Context) (string, bool) {
	if p.literal {
		return p.text, true
	}
	var b strings.Builder
	for i := range p.pieces {
		text := p.pieces[i].text
		if p.pieces[i].kind == pieceVariable {
			value, ok := p.pieces[i].value(ctx)
			if !ok {
				return "", false
			}
			text = value
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// glob matches s in time proportional at worst to the product of the two lengths: where a later piece
// fails, only the last * has to take more, because an earlier one that took more could not do better.
func glob(pieces []piece, values []string, s string, fold bool) bool {
	star, starAt := -1, 0
	for at, i := 0, 0; ; {
		if i == len(pieces) {
			if at == len(s) {
				return true
			}
		} else if pieces[i].kind == pieceMany {
			if i == len(pieces)-1 {
				return true
			}
			star, starAt = i, at
			i++
			continue
		} else if n := pieces[i].width(values, s[at:], fold); n >= 0 {
			at += n
			i++
			continue
		}
		if star < 0 || starAt >= len(s) {
			return false
		}
		starAt += runeWidth(s[starAt:])
		at, i = starAt, star+1
	}
}

// width returns how many bytes p takes from the start of s, or -1 where it does not match.
func (p *piece) width(values []string, s string, fold bool) int {
	text := p.text
	switch p.kind {
	case pieceOne:
		if s == "" {
			return -1
		}
		return runeWidth(s)
	case pieceVariable:
		text = values[p.slot]
	}
	if strings.HasPrefix(s, text) || fold && len(s) >= len(text) && equalFoldASCII(s[:len(text)], text) {
		return len(text)
	}
	return -1
}

func runeWidth(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}
