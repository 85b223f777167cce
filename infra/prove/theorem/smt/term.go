package smt

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Terms and formulas of SMT-LIB are texts here. These functions make them, and leave out what says nothing.

const (
	yes = "true"
	no  = "false"
)

func and(all ...string) string { return join("and", yes, no, all) }

func or(all ...string) string { return join("or", no, yes, all) }

// join is all under an operator whose neutral formula says nothing, and whose absorbing one says all.
func join(operator, neutral, absorbing string, all []string) string {
	var kept []string
	for _, f := range all {
		for _, one := range operands(operator, f) {
			switch {
			case one == absorbing || slices.Contains(kept, not(one)):
				return absorbing
			case one != neutral && !slices.Contains(kept, one):
				kept = append(kept, one)
			}
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + operator + " " + strings.Join(kept, " ") + ")"
}

// operands are those of f where it has the operator; else it is f alone.
func operands(operator, f string) []string {
	body, ok := strings.CutPrefix(f, "("+operator+" ")
	if !ok {
		return []string{f}
	}
	body = body[:len(body)-1]
	var all []string
	depth, start, quoted := 0, 0, byte(0)
	for i := range len(body) {
		switch c := body[i]; {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '"' || c == '|':
			quoted = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ' ' && depth == 0:
			all, start = append(all, body[start:i]), i+1
		}
	}
	return append(all, body[start:])
}

func not(f string) string {
	switch {
	case f == yes:
		return no
	case f == no:
		return yes
	case strings.HasPrefix(f, "(not "):
		return f[len("(not ") : len(f)-1]
	}
	return "(not " + f + ")"
}

func equal(a, b string) string {
	if a == b {
		return yes
	}
	if a[0] == '"' && b[0] == '"' { // two texts
		return no
	}
	return "(= " + a + " " + b + ")"
}

func contains(text, part string) string { return "(str.contains " + text + " " + part + ")" }

func inLanguage(text, language string) string { return "(str.in_re " + text + " " + language + ")" }

// concat is terms one behind the other.
func concat(terms ...string) string { return chain("str.++", `""`, terms) }

// sequence is languages one behind the other, either is one of them.
func sequence(languages ...string) string { return chain("re.++", word(""), languages) }

func either(languages ...string) string { return chain("re.union", "re.none", languages) }

func chain(operator, none string, all []string) string {
	switch len(all) {
	case 0:
		return none
	case 1:
		return all[0]
	}
	return "(" + operator + " " + strings.Join(all, " ") + ")"
}

// word is the language of one text.
func word(text string) string { return "(str.to_re " + quote(text) + ")" }

func many(language string) string { return "(re.* " + language + ")" }

func between(first, last rune) string {
	return "(re.range " + quote(string(first)) + " " + quote(string(last)) + ")"
}

// without is any one character but those of text.
func without(text string) string {
	if text == "" {
		return "re.allchar"
	}
	var all []string
	for _, r := range text {
		all = append(all, word(string(r)))
	}
	return "(re.diff re.allchar " + either(all...) + ")"
}

// caseless is the language of a text in any case of letters, as strings.EqualFold has it.
func caseless(text string) string {
	var all []string
	for _, r := range text {
		same := []string{word(string(r))}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			same = append(same, word(string(f)))
		}
		all = append(all, either(same...))
	}
	return sequence(all...)
}

// caselessASCII is the language of a text in any case of its letters, those of ASCII.
func caselessASCII(text string) string {
	var all []string
	for _, r := range text {
		all = append(all, either(word(string(r)), word(strings.ToUpper(string(r)))))
	}
	return sequence(all...)
}

// lastRune is the last character of SMT-LIB's strings.
const lastRune = 0x2FFFF

// quote is a literal of SMT-LIB.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"':
			b.WriteString(`""`)
		case r < ' ' || r == '\\' || r > '~':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// name is a symbol of SMT-LIB.
func name(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) }) {
		return text
	}
	return "|" + strings.Map(func(r rune) rune {
		if r == '|' || r == '\\' || r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text) + "|"
}
