package policy

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Position is a place in a document: lines and columns count from 1, columns in characters.
type Position struct{ Line, Column int }

// places tells where the bytes of a document stand. Asked in ascending order it reads the document once: a document may hold thousands of
// statements in one line.
type places struct {
	document []byte
	at       int // offset of last
	last     Position
}

func newPlaces(document []byte) places { return places{document: document, last: Position{1, 1}} }

// of is where the byte at offset stands.
func (p *places) of(offset int) Position {
	if offset < p.at {
		*p = newPlaces(p.document)
	}
	line := p.document[p.at:offset]
	if lines := bytes.Count(line, []byte{'\n'}); lines > 0 {
		p.last = Position{p.last.Line + lines, 1}
		line = line[bytes.LastIndexByte(line, '\n')+1:]
	}
	p.at, p.last.Column = offset, p.last.Column+utf8.RuneCount(line)
	return p.last
}

// statementStart is the start of the next statement as IAM's policy simulator counts it: after the token before it where
// the statements are a list, and after its own brace where it is the only one.
func (d *rawDocument) statementStart() Position {
	offset := int(d.dec.InputOffset())
	if d.dec.StackDepth() == 1 { // no list
		offset += bytes.IndexByte(d.source[offset:], '{') + 1
	}
	return d.places.of(offset)
}

// Match is a statement that applies to a request, and where it stands in its document.
type Match struct {
	Statement  Statement
	Effect     Effect // Allow, or ExplicitDeny
	Start, End Position
}

// Matches returns the statements of n that apply to r, in their order. Of a policy that names principals they are those that name r's
// caller.
func (n *Named) Matches(r *Request) []Match {
	var all []Match
	if n.Policy == nil || r.Action == "" || r.Resource == "" {
		return nil
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		if s.names(r.Action) && s.appliesTo(r) {
			all = append(all, Match{n.statement(s), s.effect, s.start, s.end})
		}
	}
	return all
}

// appliesTo reports whether s, which names r's action, applies to it.
func (s *statement) appliesTo(r *Request) bool {
	if s.principals.source == nil {
		return s.examine(r).element == nothing
	}
	g, _ := s.trusts(r)
	return g != notNamed
}

// Keys returns the condition keys that p looks at, in conditions and as variables, in the order in which they are first
// named; names that differ only in case are one.
func (p *Policy) Keys() []string {
	var all []string
	seen := map[string]bool{}
	add := func(name string) {
		if folded := strings.ToLower(name); !seen[folded] {
			seen[folded] = true
			all = append(all, name)
		}
	}
	for i := range p.statements {
		s := &p.statements[i]
		for _, key := range s.resourceVariables {
			add(key.name)
		}
		for j := range s.conditions {
			add(s.conditions[j].key.name)
		}
		for _, key := range s.variables[len(s.resourceVariables):] {
			add(key.name)
		}
	}
	return all
}
