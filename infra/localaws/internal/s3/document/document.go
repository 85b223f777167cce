// Package document reads the XML documents of S3's requests. It refuses what two readers could read in two ways: text beside elements, an element
// that is not known, and one that stands twice where one is meant.
package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// Bounds of a document: the parts of an upload are the most that one has.
const (
	maxElements = 70_000
	maxDepth    = 8
)

// Node is an element. Reading a child takes it: Check refuses those that nobody took. It is not safe for concurrent use.
type Node struct {
	Name     string
	text     string
	children []*Node
	doubled  bool
}

// Parse reads a document whose root is called root, in any namespace. Errors are MalformedXML.
func Parse(body []byte, root string) (*Node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var stack []*Node
	top, count := (*Node)(nil), 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(stack) == 0 && top != nil && top.Name == root {
			return top, nil
		}
		if err != nil {
			return nil, Malformed()
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &Node{Name: t.Name.Local}
			if count++; count > maxElements || len(stack) == maxDepth || len(stack) == 0 && top != nil {
				return nil, Malformed()
			}
			if len(stack) == 0 {
				top = n
			} else {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, Malformed()
			}
		case xml.Directive:
			return nil, Malformed()
		}
	}
}

// Malformed is S3's answer to a document that it cannot read.
func Malformed() error {
	return api.Errorf(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

// All takes the children of this name.
func (n *Node) All(name string) []*Node {
	var found, rest []*Node
	for _, child := range n.children {
		if child.Name == name {
			found = append(found, child)
		} else {
			rest = append(rest, child)
		}
	}
	n.children = rest
	return found
}

// One takes the child of this name; nil: there is none. A second one is refused by Check.
func (n *Node) One(name string) *Node {
	found := n.All(name)
	if len(found) == 0 {
		return nil
	}
	n.doubled = n.doubled || len(found) > 1
	return found[0]
}

// Text takes the text of the child of this name, empty where there is none. A child that has children itself is refused by Check.
func (n *Node) Text(name string) (text string, has bool) {
	child := n.One(name)
	if child == nil {
		return "", false
	}
	n.doubled = n.doubled || len(child.children) > 0
	return child.text, true
}

// Check refuses what was not read: children that nobody took, and text of n itself.
func (n *Node) Check() error {
	if n.doubled || len(n.children) > 0 || strings.TrimSpace(n.text) != "" {
		return Malformed()
	}
	return nil
}
