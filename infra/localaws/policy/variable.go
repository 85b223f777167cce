package policy

import (
	"fmt"
	"strings"
	"unicode"
)

// syntax says what a text of a document may hold besides literal text.
type syntax struct {
	wildcards bool
	// variables is set by Version 2012-10-17 alone: an older or missing Version leaves ${...} literal (IAM
	// User Guide, "IAM JSON policy elements: Version").
	variables bool
}

// compilePattern splits text into pieces.
func compilePattern(text string, syn syntax) (pattern, error) {
	p := pattern{source: text}
	variables := 0
	for rest := text; rest != ""; {
		var next piece
		var err error
		switch {
		case syn.variables && strings.HasPrefix(rest, "${"):
			written := rest
			if next, rest, err = cutVariable(written); err != nil {
				return pattern{}, err
			}
			if next.kind == pieceVariable {
				next.written = strings.TrimSuffix(written, rest)
				next.slot = variables
				variables++
			}
		case syn.wildcards && rest[0] == '*':
			next, rest = piece{kind: pieceMany}, rest[1:]
		case syn.wildcards && rest[0] == '?':
			next, rest = piece{kind: pieceOne}, rest[1:]
		default:
			n := literalLength(rest, syn)
			next, rest = piece{text: rest[:n]}, rest[n:]
		}
		p.pieces = appendPiece(p.pieces, next)
	}
	p.variables = variables > 0
	if len(p.pieces) > 0 && p.pieces[0].kind == pieceText {
		p.text = p.pieces[0].text
	}
	p.literal = len(p.pieces) == 0 || len(p.pieces) == 1 && p.pieces[0].kind == pieceText
	if n := len(p.pieces); n > 0 && p.pieces[n-1].kind == pieceMany {
		p.prefix = n == 1 || n == 2 && p.text != ""
	}
	return p, nil
}

// appendPiece joins neighbouring texts, and neighbouring stars, which mean what one of them means.
func appendPiece(pieces []piece, next piece) []piece {
	if len(pieces) > 0 {
		last := &pieces[len(pieces)-1]
		switch {
		case last.kind == pieceText && next.kind == pieceText:
			last.text += next.text
			return pieces
		case last.kind == pieceMany && next.kind == pieceMany:
			return pieces
		}
	}
	return append(pieces, next)
}

// literalLength returns how much of text, at least a byte, is literal.
func literalLength(text string, syn syntax) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '*', '?':
			if syn.wildcards {
				return i
			}
		case '$':
			if syn.variables {
				return i
			}
		}
	}
	return len(text)
}

// cutVariable reads the variable or escape at the start of text, as IAM User Guide, "IAM policy elements:
// Variables and tags" has them: ${key}, ${key, 'default'}, ${*}, ${?}, ${$}. A default is literal text.
func cutVariable(text string) (piece, string, error) {
	body := text[len("${"):]
	if len(body) >= 2 && body[1] == '}' && strings.IndexByte("*?$", body[0]) >= 0 {
		return piece{text: body[:1]}, body[2:], nil
	}
	end := strings.IndexAny(body, ",}")
	if end < 0 {
		return piece{}, "", fmt.Errorf("variable %q is not closed", text)
	}
	name, rest := body[:end], body[end:]
	if err := checkConditionKey(name); err != nil {
		return piece{}, "", fmt.Errorf("variable in %q: %w", text, err)
	}
	next := piece{kind: pieceVariable, key: newConditionKey(name)}
	if rest[0] == '}' {
		return next, rest[1:], nil
	}
	quoted, ok := strings.CutPrefix(rest, ", '")
	fallback, after, closed := strings.Cut(quoted, "'")
	after, ended := strings.CutPrefix(after, "}")
	if !ok || !closed || !ended || strings.Contains(fallback, "}") {
		return piece{}, "", fmt.Errorf("default of variable %q is not of the form ${key, 'default'}", text)
	}
	next.text, next.fallback = fallback, true
	return next, after, nil
}

// checkConditionKey holds a key's name to service:name, the name having the characters of a tag key (STS
// API reference, Tag). Access Analyzer calls the rest "Invalid condition key format" and "Missing tag key
// in condition".
func checkConditionKey(name string) error {
	service, rest, found := strings.Cut(name, ":")
	switch {
	case !found || service == "" || rest == "":
		return fmt.Errorf("key %q is not of the form service:name", name)
	case strings.HasSuffix(rest, "/"):
		return fmt.Errorf("key %q lacks the name after the slash", name)
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("key %q has space around it", name)
	}
	for _, r := range service {
		if r >= unicode.MaxASCII || !isAlphanumeric(r) && !strings.ContainsRune("._/-", r) {
			return fmt.Errorf("key %q has a service that is none", name)
		}
	}
	for _, r := range rest {
		if !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@", r) {
			return fmt.Errorf("key %q has the character %q", name, r)
		}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
