package mutate

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// node is a value of a document, with its name where it is a member of an object. Nodes are never removed,
// only marked as gone, and new ones are added at the end. So the path of a node does not change, and the
// edits of several mutants can be combined.
type node struct {
	name     string
	kind     jsontext.Kind
	text     string         // of a string
	raw      jsontext.Value // of a number, a boolean or null
	children []*node
	// single marks a list that the document writes as one value; it is written so again while it has one entry.
	single bool
	gone   bool
}

func leaf(text string) *node { return &node{kind: '"', text: text} }

func listOf(name string, texts ...string) *node {
	n := &node{name: name, kind: '[', single: true}
	for _, text := range texts {
		n.children = append(n.children, leaf(text))
	}
	return n
}

// parse reads a document. Wherever the grammar takes a value or a list of them, the tree has a list.
func parse(document []byte) (*node, error) {
	root, err := read(jsontext.NewDecoder(bytes.NewReader(document)))
	if err != nil {
		return nil, err
	}
	root.toList("Statement")
	for _, statement := range root.member("Statement").live() {
		for _, name := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			statement.toList(name)
		}
		for _, block := range append(statement.member("Condition").live(), statement.member("Principal")) {
			for _, m := range block.live() {
				block.toList(m.name)
			}
		}
	}
	return root, nil
}

func read(dec *jsontext.Decoder) (*node, error) {
	n := &node{kind: dec.PeekKind()}
	if n.kind != '{' && n.kind != '[' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		n.raw = value.Clone()
		if n.kind == '"' {
			text, err := jsontext.AppendUnquote(nil, value)
			n.text = string(text)
			return n, err
		}
		return n, nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != '}' && dec.PeekKind() != ']' {
		var name string
		if n.kind == '{' {
			token, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			name = token.String()
		}
		child, err := read(dec)
		if err != nil {
			return nil, err
		}
		child.name = name
		n.children = append(n.children, child)
	}
	_, err := dec.ReadToken()
	return n, err
}

func (n *node) toList(name string) {
	if m := n.member(name); m != nil && m.kind != '[' {
		value := *m
		value.name = ""
		*m = node{name: name, kind: '[', single: true, children: []*node{&value}}
	}
}

// member returns the member that is called name, or nil.
func (n *node) member(name string) *node {
	for _, m := range n.live() {
		if m.name == name {
			return m
		}
	}
	return nil
}

// live returns the children that are not gone; an object or a list that has lost all of them is gone too.
func (n *node) live() []*node {
	if n == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.children), (*node).dropped)
}

func (n *node) dropped() bool {
	return n.gone || len(n.children) > 0 && len(n.live()) == 0
}

// at returns the node that path leads to, or nil where an edit has put another in its way.
func (n *node) at(path []int) *node {
	for _, i := range path {
		if i >= len(n.children) {
			return nil
		}
		n = n.children[i]
	}
	return n
}

// encode writes n as a document.
func (n *node) encode() ([]byte, error) {
	var b bytes.Buffer
	if err := n.write(jsontext.NewEncoder(&b, jsontext.WithIndent("  "))); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (n *node) write(enc *jsontext.Encoder) error {
	children := n.live()
	switch {
	case n.kind == '"':
		return enc.WriteToken(jsontext.String(n.text))
	case n.kind != '{' && n.kind != '[':
		return enc.WriteValue(n.raw)
	case n.single && len(children) == 1:
		return children[0].write(enc)
	}
	begin, end := jsontext.BeginObject, jsontext.EndObject
	if n.kind == '[' {
		begin, end = jsontext.BeginArray, jsontext.EndArray
	}
	if err := enc.WriteToken(begin); err != nil {
		return err
	}
	for _, child := range children {
		if n.kind == '{' {
			if err := enc.WriteToken(jsontext.String(child.name)); err != nil {
				return err
			}
		}
		if err := child.write(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}
