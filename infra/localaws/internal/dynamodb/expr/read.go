package expr

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/lexed"
)

// reader parses by one token of lookahead. Each method that reports false stands at the token that is not expected.
type reader struct{ *lexed.Cursor }

var (
	typeValue = definition.Symbols()["Value"]
	typeName  = definition.Symbols()["Name"]
	typeIndex = definition.Symbols()["Index"]
)

func isKeyword(t *lexed.Token, keyword string) bool {
	return t.Type == typeKeyword && strings.EqualFold(t.Value, keyword)
}

func (r reader) keyword(keyword string) bool {
	found := isKeyword(r.Peek(0), keyword)
	if found {
		r.Next()
	}
	return found
}

func (r reader) sign(sign string) bool {
	found := r.Peek(0).Value == sign
	if found {
		r.Next()
	}
	return found
}

// list reads what each reads, once or several times with commas between.
func (r reader) list(each func() bool) bool {
	for {
		if !each() {
			return false
		}
		if !r.sign(",") {
			return true
		}
	}
}

func (r reader) condition() (*orNode, bool) {
	n := &orNode{Pos: int(r.Peek(0).Offset)}
	for {
		term, ok := r.and()
		if !ok {
			return nil, false
		}
		n.Terms = append(n.Terms, term)
		if !r.keyword("OR") {
			return n, true
		}
	}
}

func (r reader) and() (*andNode, bool) {
	n := &andNode{Pos: int(r.Peek(0).Offset)}
	for {
		term, ok := r.not()
		if !ok {
			return nil, false
		}
		n.Terms = append(n.Terms, term)
		if !r.keyword("AND") {
			return n, true
		}
	}
}

func (r reader) not() (*notNode, bool) {
	n := &notNode{Pos: int(r.Peek(0).Offset)}
	for r.keyword("NOT") {
		n.Nots++
	}
	var ok bool
	n.Test, ok = r.test()
	return n, ok
}

func (r reader) test() (*testNode, bool) {
	n := new(testNode)
	var ok bool
	if n.Left, ok = r.operand(); !ok {
		return nil, false
	}
	switch t := r.Peek(0); {
	case t.Type == typeComparator || t.Type == typeSign:
		n.Op = r.Next().Value
		n.Right, ok = r.operand()
	case r.keyword("BETWEEN"):
		if n.Lower, ok = r.operand(); !ok || !r.keyword("AND") {
			return nil, false
		}
		n.Upper, ok = r.operand()
	case r.keyword("IN"):
		ok = r.sign("(") && r.operands(&n.In) && r.sign(")")
	}
	return n, ok
}

func (r reader) operands(to *[]*operandNode) bool {
	return r.list(func() bool {
		n, ok := r.operand()
		*to = append(*to, n)
		return ok
	})
}

func (r reader) operand() (*operandNode, bool) {
	n, ok := &operandNode{Pos: int(r.Peek(0).Offset)}, true
	switch t := r.Peek(0); {
	case t.Type == typeValue:
		n.Value = r.Next().Value
	case t.Type == typeIdent || t.Type == typeName:
		n.Ref, ok = r.ref()
	case r.sign("("):
		if n.Group, ok = r.condition(); ok {
			ok = r.sign(")")
		}
	default:
		return nil, false
	}
	n.EndPos = int(r.Peek(0).Offset)
	return n, ok
}

func (r reader) ref() (*refNode, bool) {
	n := &refNode{Pos: int(r.Peek(0).Offset), Head: r.Next().Value}
	if r.sign("(") {
		return n, r.operands(&n.Args) && r.sign(")")
	}
	return n, r.steps(&n.Steps)
}

func (r reader) path() (*pathNode, bool) {
	if t := r.Peek(0); t.Type != typeIdent && t.Type != typeName {
		return nil, false
	}
	n := &pathNode{Head: r.Next().Value}
	return n, r.steps(&n.Steps)
}

func (r reader) steps(to *[]stepNode) bool {
	for {
		switch {
		case r.sign("."):
			if t := r.Peek(0); t.Type != typeIdent && t.Type != typeName {
				return false
			}
			*to = append(*to, stepNode{Name: r.Next().Value})
		case r.sign("["):
			if r.Peek(0).Type != typeIndex {
				return false
			}
			*to = append(*to, stepNode{Index: r.Next().Value})
			if !r.sign("]") {
				return false
			}
		default:
			return true
		}
	}
}

func (r reader) paths(to *[]*pathNode) bool {
	return r.list(func() bool {
		n, ok := r.path()
		*to = append(*to, n)
		return ok
	})
}

func (r reader) projection() (*projectionNode, bool) {
	n := new(projectionNode)
	return n, r.paths(&n.Paths)
}

func (r reader) update() (*updateNode, bool) {
	n := new(updateNode)
	for {
		section := new(sectionNode)
		ok := false
		switch {
		case r.keyword("SET"):
			ok = r.list(func() bool { return r.assign(&section.Set) })
		case r.keyword("REMOVE"):
			ok = r.paths(&section.Remove)
		case r.keyword("ADD"):
			ok = r.list(func() bool { return r.delta(&section.Add) })
		case r.keyword("DELETE"):
			ok = r.list(func() bool { return r.delta(&section.Delete) })
		default:
			return n, len(n.Sections) > 0
		}
		if !ok {
			return nil, false
		}
		n.Sections = append(n.Sections, section)
	}
}

func (r reader) assign(to *[]*assignNode) bool {
	n := new(assignNode)
	var ok bool
	if n.Target, ok = r.path(); !ok || !r.sign("=") {
		return false
	}
	n.Value, ok = r.test()
	*to = append(*to, n)
	return ok
}

func (r reader) delta(to *[]*deltaNode) bool {
	n := new(deltaNode)
	var ok bool
	if n.Target, ok = r.path(); !ok || r.Peek(0).Type != typeValue {
		return false
	}
	n.Value = r.Next().Value
	*to = append(*to, n)
	return true
}
