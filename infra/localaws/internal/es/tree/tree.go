// Package tree reads JSON into a tree that remembers where each value stands, because OpenSearch's errors tell it. It refuses
// what two readers could read in two ways: doubled members, invalid UTF-8, text after the end.
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
)

// Node is one JSON value.
type Node struct {
	Kind       jsontext.Kind // '{', '[', '"', '0', 't', 'f' or 'n'
	Start, End int           // in the text, in bytes; End is that of the last one
	Text       string        // of a string, and of a number or a boolean as it is written
	Members    []Member      // of an object
	Items      []*Node       // of an array

	source []byte
}

// Member is a name of an object with its value.
type Member struct {
	Name  string
	Start int // of the name, in bytes
	Value *Node
}

// maxDepth bounds the nesting of a body, so that what walks it needs no bound of its own.
const maxDepth = 100

// Read reads one JSON value. Its error is a *fault.Fault.
func Read(text []byte) (*Node, error) {
	r := reader{jsontext.NewDecoder(bytes.NewReader(text)), text}
	root, err := r.value(0)
	if err == nil {
		_, err = r.ReadToken()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err == nil {
			err = errors.New("unexpected text after the end")
		}
	}
	return nil, r.fault(err)
}

type reader struct {
	*jsontext.Decoder
	text []byte
}

// start is where the next token begins.
func (r reader) start() int {
	at := int(r.InputOffset())
	for at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r reader) value(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	n := &Node{Start: r.start(), source: r.text}
	token, err := r.ReadToken()
	if err != nil {
		return nil, err
	}
	switch n.Kind = token.Kind(); n.Kind {
	case '{':
		err = r.object(n, depth)
	case '[':
		err = r.array(n, depth)
	default:
		n.Text = token.String()
	}
	n.End = int(r.InputOffset()) - 1
	return n, err
}

func (r reader) object(n *Node, depth int) error {
	for r.PeekKind() != '}' {
		start := r.start()
		token, err := r.ReadToken()
		if err != nil {
			return err
		}
		m := Member{Name: token.String(), Start: start}
		if m.Value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.Members = append(n.Members, m)
	}
	_, err := r.ReadToken()
	return err
}

func (r reader) array(n *Node, depth int) error {
	for r.PeekKind() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.ReadToken()
	return err
}

// fault says what is wrong in the words of the JSON reader that OpenSearch has; the reasons of other faults than a doubled
// member are our own.
func (r reader) fault(err error) *fault.Fault {
	kind, reason, at := "json_parse_exception", err.Error(), int(r.InputOffset())
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		kind, reason = "json_e_o_f_exception", "Unexpected end-of-input"
	case errors.Is(err, jsontext.ErrDuplicateName):
		name := syntactic.JSONPointer.LastToken()
		reason = fmt.Sprintf("Duplicate field '%s'", name)
		at = r.start() + len(name) + len(`""`)
	case ok:
		reason = syntactic.Err.Error()
	}
	line, column := position(r.text, at)
	return fault.New(kind, "%s\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]", reason, line, column)
}

// position is line and column of a byte, both from 1.
func position(text []byte, at int) (line, column int) {
	before := text[:min(at, len(text))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}

// Get returns a member's value; nil: there is none.
func (n *Node) Get(name string) *Node {
	for _, m := range n.Members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Raw is the value as it is written.
func (n *Node) Raw() []byte { return n.source[n.Start : n.End+1] }

// Token is what OpenSearch calls the token that the value begins with.
func (n *Node) Token() string {
	return map[jsontext.Kind]string{
		'{': "START_OBJECT", '[': "START_ARRAY", '"': "VALUE_STRING", '0': "VALUE_NUMBER", 't': "VALUE_BOOLEAN", 'f': "VALUE_BOOLEAN", 'n': "VALUE_NULL",
	}[n.Kind]
}

// IsScalar says whether the value is a string, a number or a boolean.
func (n *Node) IsScalar() bool { return n.Kind != '{' && n.Kind != '[' && n.Kind != 'n' }

// Wrong is a parsing_exception at the value's beginning.
func (n *Node) Wrong(format string, arguments ...any) *fault.Fault {
	return n.WrongAt(n.Start, format, arguments...)
}

// WrongEnd is a parsing_exception at the value's end.
func (n *Node) WrongEnd(format string, arguments ...any) *fault.Fault {
	return n.WrongAt(n.End, format, arguments...)
}

// WrongAt is a parsing_exception at a byte of the text.
func (n *Node) WrongAt(at int, format string, arguments ...any) *fault.Fault {
	f := fault.New("parsing_exception", format, arguments...)
	f.Line, f.Column = position(n.source, at)
	f.Offset = at
	return f
}

// Malformed is an x_content_parse_exception at a byte of the text, of what OpenSearch reads by a table of fields.
func (n *Node) Malformed(at int, format string, arguments ...any) *fault.Fault {
	line, column := position(n.source, at)
	f := fault.New("x_content_parse_exception", "[%d:%d] %s", line, column, fmt.Sprintf(format, arguments...))
	f.Offset = at
	return f
}
