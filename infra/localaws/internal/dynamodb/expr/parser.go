package expr

import (
	"errors"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// parser reads tokens into a tree. Each method reads one node, and decides by the next token alone: nothing is read twice.
// It takes little memory for each token, however deep they nest; checkLimits bounds how deep that is.
type parser struct {
	tokens []token // that are left
	end    int     // of the source
}

// errSyntax means that the next token may not stand where it stands.
var errSyntax = errors.New("syntax error")

// at is the offset of the next token.
func (p *parser) at() int {
	if len(p.tokens) == 0 {
		return p.end
	}
	return p.tokens[0].at
}

// take takes the next token, if it is of one of the kinds.
func (p *parser) take(kinds ...lexer.TokenType) (text string, ok bool) {
	if len(p.tokens) == 0 || !slices.Contains(kinds, p.tokens[0].kind) {
		return "", false
	}
	text = p.tokens[0].text
	p.tokens = p.tokens[1:]
	return text, true
}

// skip takes the next token, if it is the word: a sign, or a keyword in any case.
func (p *parser) skip(word string) bool {
	if len(p.tokens) == 0 {
		return false
	}
	next := p.tokens[0]
	if next.text != word && (next.kind != typeKeyword || !strings.EqualFold(next.text, word)) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// list reads one or more nodes with a separator between.
func list[T any](p *parser, separator string, read func() (T, error)) ([]T, error) {
	var all []T
	for {
		one, err := read()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if !p.skip(separator) {
			return all, nil
		}
	}
}

func (p *parser) or() (*orNode, error) {
	n := &orNode{At: p.at()}
	var err error
	n.Terms, err = list(p, "OR", p.and)
	return n, err
}

func (p *parser) and() (*andNode, error) {
	n := &andNode{At: p.at()}
	var err error
	n.Terms, err = list(p, "AND", p.not)
	return n, err
}

func (p *parser) not() (*notNode, error) {
	n := &notNode{At: p.at()}
	for p.skip("NOT") {
		n.Nots++
	}
	var err error
	n.Test, err = p.test()
	return n, err
}

func (p *parser) test() (n *testNode, err error) {
	n = &testNode{}
	if n.Left, err = p.operand(); err != nil {
		return nil, err
	}
	op, compared := p.take(typeComparator, typeSign)
	switch {
	case compared:
		n.Op = op
		n.Right, err = p.operand()
	case p.skip("BETWEEN"):
		if n.Lower, err = p.operand(); err != nil {
			return nil, err
		}
		if !p.skip("AND") {
			return nil, errSyntax
		}
		n.Upper, err = p.operand()
	case p.skip("IN"):
		if !p.skip("(") {
			return nil, errSyntax
		}
		n.In, err = p.arguments()
	}
	return n, err
}

// arguments reads what stands behind an opening parenthesis, and the closing one.
func (p *parser) arguments() ([]*operandNode, error) {
	all, err := list(p, ",", p.operand)
	if err == nil && !p.skip(")") {
		err = errSyntax
	}
	return all, err
}

func (p *parser) operand() (n *operandNode, err error) {
	n = &operandNode{At: p.at()}
	if value, ok := p.take(typeValue); ok {
		n.Value = value
	} else if p.skip("(") {
		n.Group, err = p.or()
		if err == nil && !p.skip(")") {
			err = errSyntax
		}
	} else {
		n.Ref, err = p.ref()
	}
	n.End = p.at()
	return n, err
}

func (p *parser) ref() (n *refNode, err error) {
	n = &refNode{At: p.at()}
	var ok bool
	if n.Head, ok = p.take(typeIdent, typeName); !ok {
		return nil, errSyntax
	}
	if p.skip("(") {
		n.Args, err = p.arguments()
	} else {
		n.Steps, err = p.steps()
	}
	return n, err
}

func (p *parser) path() (n *pathNode, err error) {
	n = &pathNode{}
	var ok bool
	if n.Head, ok = p.take(typeIdent, typeName); !ok {
		return nil, errSyntax
	}
	n.Steps, err = p.steps()
	return n, err
}

func (p *parser) steps() ([]stepNode, error) {
	var steps []stepNode
	for {
		var step stepNode
		var ok bool
		switch {
		case p.skip("."):
			step.Name, ok = p.take(typeIdent, typeName)
		case p.skip("["):
			if step.Index, ok = p.take(typeIndex); ok {
				ok = p.skip("]")
			}
		default:
			return steps, nil
		}
		if !ok {
			return nil, errSyntax
		}
		steps = append(steps, step)
	}
}

func (p *parser) projection() (*projectionNode, error) {
	paths, err := list(p, ",", p.path)
	return &projectionNode{paths}, err
}

func (p *parser) update() (*updateNode, error) {
	n := &updateNode{}
	for first := true; first || len(p.tokens) > 0; first = false {
		section, err := p.section()
		if err != nil {
			return nil, err
		}
		n.Sections = append(n.Sections, section)
	}
	return n, nil
}

func (p *parser) section() (n *sectionNode, err error) {
	n = &sectionNode{}
	switch {
	case p.skip("SET"):
		n.Set, err = list(p, ",", p.assign)
	case p.skip("REMOVE"):
		n.Remove, err = list(p, ",", p.path)
	case p.skip("ADD"):
		n.Add, err = list(p, ",", p.delta)
	case p.skip("DELETE"):
		n.Delete, err = list(p, ",", p.delta)
	default:
		err = errSyntax
	}
	return n, err
}

func (p *parser) assign() (n *assignNode, err error) {
	n = &assignNode{}
	if n.Target, err = p.path(); err != nil {
		return nil, err
	}
	if !p.skip("=") {
		return nil, errSyntax
	}
	n.Value, err = p.test()
	return n, err
}

func (p *parser) delta() (n *deltaNode, err error) {
	n = &deltaNode{}
	if n.Target, err = p.path(); err != nil {
		return nil, err
	}
	var ok bool
	if n.Value, ok = p.take(typeValue); !ok {
		return nil, errSyntax
	}
	return n, nil
}
