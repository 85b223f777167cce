package mapping

import (
	"maps"
	"strings"
	"unicode/utf16"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// Document is what an index takes of a document: the values of each field by its path, in their order.
type Document struct {
	Texts    map[string][]string
	Keywords map[string][]string
	Numbers  map[string][]int64 // of Long and Date
}

// maxTermBytes bounds a keyword (Lucene's IndexWriter.MAX_TERM_LENGTH).
const maxTermBytes = 32766

// Read takes the fields of a document. The second result is the mapping with the fields that are new, or nil where none is.
// The mapping itself is not changed. Its error is a *fault.Fault.
func (m *Mapping) Read(id string, source *tree.Node) (Document, *Mapping, error) {
	r := &reading{id: id, dynamic: m.Dynamic, doc: Document{map[string][]string{}, map[string][]string{}, map[string][]int64{}}}
	properties, err := r.object("", source, m.Properties)
	if err != nil {
		return Document{}, nil, err
	}
	if !r.grown {
		return r.doc, nil, nil
	}
	after := &Mapping{m.Dynamic, properties}
	return r.doc, after, after.check()
}

type reading struct {
	id, dynamic string
	doc         Document
	grown       bool // whether the mapping has new fields
}

// object reads an object by its properties and returns these with what is new.
func (r *reading) object(path string, n *tree.Node, known Properties) (Properties, error) {
	grown := known
	for _, m := range n.Members {
		full := m.Name
		if path != "" {
			full = path + "." + m.Name
		}
		p := known[m.Name]
		if p == nil {
			var err error
			if p, err = r.newProperty(path, m); err != nil {
				return nil, err
			}
		}
		if p == nil {
			continue
		}
		after, err := r.value(full, m.Value, p)
		if err != nil {
			return nil, err
		}
		if known[m.Name] != nil && after == p || after.Type == "" && len(after.Properties) == 0 {
			continue
		}
		if r.grown = true; len(grown) == len(known) {
			grown = maps.Clone(known)
		}
		if grown == nil {
			grown = Properties{}
		}
		grown[m.Name] = after
	}
	return grown, nil
}

// newProperty is what a member becomes that has no field yet; nil: it is not indexed.
func (r *reading) newProperty(path string, m tree.Member) (*Property, error) {
	if path == "" {
		path = "_doc"
	}
	first := firstOf(m.Value)
	switch {
	case m.Name == "" || strings.Contains(m.Name, "."): // OpenSearch makes objects of dots
		return nil, fault.New("mapper_parsing_exception", "failed to parse")
	case r.dynamic == "false":
		return nil, nil
	case r.dynamic == "strict":
		return nil, fault.New("strict_dynamic_mapping_exception", "mapping set to strict, dynamic introduction of [%s] within [%s] is not allowed", m.Name, path)
	case first == nil:
		return nil, nil
	case first.Kind == '{':
		return &Property{}, nil
	}
	return guess(m.Name, first)
}

// firstOf is the first value that is not null, of arrays too.
func firstOf(n *tree.Node) *tree.Node {
	if n.Kind != '[' {
		if n.Kind == 'n' {
			return nil
		}
		return n
	}
	for _, item := range n.Items {
		if first := firstOf(item); first != nil {
			return first
		}
	}
	return nil
}

// guess is the field that dynamic mapping makes of a value.
func guess(name string, n *tree.Node) (*Property, error) {
	switch n.Kind {
	case '"':
		if looksLikeDate(n.Text) {
			return &Property{Type: Date}, nil
		}
		return &Property{Type: Text, Fields: Properties{"keyword": {Type: Keyword, IgnoreAbove: 256}}}, nil
	case '0':
		if _, err := parseLong(n.Text); err == nil {
			return &Property{Type: Long}, nil
		}
		return nil, wrong("No handler for type [float] declared on field [%s]", name)
	default:
		return nil, wrong("No handler for type [boolean] declared on field [%s]", name)
	}
}

// value reads one value, or each of an array, as p says, and returns p with what is new in it.
func (r *reading) value(path string, n *tree.Node, p *Property) (*Property, error) {
	switch {
	case n.Kind == 'n':
		return p, nil
	case n.Kind == '[':
		for _, item := range n.Items {
			var err error
			if p, err = r.value(path, item, p); err != nil {
				return nil, err
			}
		}
		return p, nil
	case p.Type == "" && n.Kind == '{':
		before := r.grown
		r.grown = false
		below, err := r.object(path, n, p.Properties)
		if r.grown {
			p = &Property{Properties: below}
		}
		r.grown = r.grown || before
		return p, err
	case p.Type == "":
		return nil, fault.New("mapper_parsing_exception", "object mapping for [%s] tried to parse field [%s] as object, but found a concrete value", path, path)
	}
	return p, r.leaf(path, n, p)
}

func (r *reading) leaf(path string, n *tree.Node, p *Property) error {
	text := n.Text
	if n.Kind == '{' {
		return r.unreadable(path, p, string(n.Raw()))
	}
	switch p.Type {
	case Text:
		r.doc.Texts[path] = append(r.doc.Texts[path], text)
	case Keyword:
		if p.IgnoreAbove > 0 && len(text) > p.IgnoreAbove && len(utf16.Encode([]rune(text))) > p.IgnoreAbove {
			break
		}
		if len(text) > maxTermBytes {
			return fault.Illegal("Document contains at least one immense term in field=%q (whose UTF8 encoding is longer than the max length %d)", path, maxTermBytes)
		}
		r.doc.Keywords[path] = append(r.doc.Keywords[path], text)
	default:
		number, err := p.number(n)
		if err != nil {
			return r.unreadable(path, p, text)
		}
		r.doc.Numbers[path] = append(r.doc.Numbers[path], number)
	}
	for name, field := range p.Fields {
		if err := r.leaf(path+"."+name, n, field); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) unreadable(path string, p *Property, preview string) error {
	return fault.New("mapper_parsing_exception", "failed to parse field [%s] of type [%s] in document with id '%s'. Preview of field's value: '%s'", path, p.Type, r.id, preview)
}
