package policy

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Position is a place in a document: lines and columns count from 1, columns in characters.
type Position struct{ Line, Column int }

// positionAt is where the byte at offset stands.
func positionAt(document []byte, offset int) Position {
	before := document[:offset]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return Position{1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(line)}
}

// statementStart is the start of the next statement as IAM's policy simulator counts it: after the token before it where
// the statements are a list, and after its own brace where it is the only one.
func (d *rawDocument) statementStart() Position {
	offset := int(d.dec.InputOffset())
	if d.dec.StackDepth() == 1 { // no list
		offset += bytes.IndexByte(d.source[offset:], '{') + 1
	}
	return positionAt(d.source, offset)
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
