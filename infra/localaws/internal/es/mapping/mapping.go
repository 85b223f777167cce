// Package mapping says which type each field of an index has, reads documents by it, and adds the fields that a document is the
// first to have, as OpenSearch's dynamic mapping does. The types are text, keyword, long and date; it refuses every other.
package mapping

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// Type is the type of a field.
type Type string

// The types that there are. Values of Long and Date are 64-bit integers; those of Date are milliseconds since 1970.
const (
	Text    Type = "text"
	Keyword Type = "keyword"
	Long    Type = "long"
	Date    Type = "date"
)

// Mapping is that of one index. The zero value has no fields and takes new ones.
type Mapping struct {
	Dynamic    string     `json:"dynamic,omitempty"` // "true", "false", "strict"; empty is "true"
	Properties Properties `json:"properties,omitempty"`
}

// Properties are fields by name.
type Properties map[string]*Property

// Property is a field, or an object with fields of its own.
type Property struct {
	Type        Type       `json:"type,omitempty"` // empty for an object
	IgnoreAbove int        `json:"ignore_above,omitzero"`
	Fields      Properties `json:"fields,omitempty"` // the same value, read as another type
	Properties  Properties `json:"properties,omitempty"`
}

// maxFields bounds the fields of an index, those of objects and the objects too (index.mapping.total_fields.limit).
const maxFields = 1000

func (m *Mapping) check() error {
	if m.Properties.count() > maxFields {
		return fault.Illegal("Limit of total fields [%d] has been exceeded", maxFields)
	}
	return nil
}

func (p Properties) count() int {
	n := len(p)
	for _, below := range p {
		n += below.Fields.count() + below.Properties.count()
	}
	return n
}

// Field finds a field by its path, "places" or "status.keyword"; nil: there is none.
func (m *Mapping) Field(path string) *Property {
	below, found := m.Properties, (*Property)(nil)
	for name := range strings.SplitSeq(path, ".") {
		if found = below[name]; found == nil {
			return nil
		}
		if below = found.Properties; below == nil {
			below = found.Fields
		}
	}
	if found.Type == "" {
		return nil
	}
	return found
}

// Parse reads the member mappings of a request that creates an index.
func Parse(n *tree.Node) (m Mapping, err error) {
	if n.Kind != '{' {
		return m, fault.New("mapper_parsing_exception", "Failed to parse mapping [_doc]: not an object")
	}
	for _, member := range n.Members {
		switch v := member.Value; {
		case member.Name == "dynamic" && (v.Text == "true" || v.Text == "false" || v.Text == "strict"):
			m.Dynamic = v.Text
		case member.Name == "properties" && v.Kind == '{':
			if m.Properties, err = properties(v); err != nil {
				return m, err
			}
		default:
			return m, wrong("Root mapping definition has unsupported parameters:  [%s : %s]", member.Name, v.Raw())
		}
	}
	return m, m.check()
}

func wrong(format string, arguments ...any) *fault.Fault {
	cause := fault.New("mapper_parsing_exception", format, arguments...)
	outer := fault.New(cause.Type, "Failed to parse mapping [_doc]: %s", cause.Reason)
	outer.Cause = cause
	return outer
}

func properties(n *tree.Node) (Properties, error) {
	all := Properties{}
	for _, m := range n.Members {
		if m.Name == "" || strings.Contains(m.Name, ".") || m.Value.Kind != '{' {
			return nil, wrong("Expected map for property [%s] and a name without a dot", m.Name)
		}
		p, err := property(m.Name, m.Value)
		if err != nil {
			return nil, err
		}
		all[m.Name] = p
	}
	return all, nil
}

func property(name string, n *tree.Node) (*Property, error) {
	if below := n.Get("properties"); below != nil && below.Kind == '{' && len(n.Members) == 1 {
		inner, err := properties(below)
		return &Property{Properties: inner}, err
	}
	given := n.Get("type")
	if given == nil {
		return nil, wrong("No type specified for field [%s]", name)
	}
	p := &Property{Type: Type(given.Text)}
	switch p.Type {
	case Text, Keyword, Long, Date:
	default:
		return nil, wrong("No handler for type [%s] declared on field [%s]", given.Text, name)
	}
	for _, m := range n.Members {
		if err := p.parameter(name, m); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Property) parameter(name string, m tree.Member) (err error) {
	switch v := m.Value; {
	case m.Name == "type":
	case m.Name == "ignore_above" && p.Type == Keyword && v.Kind == '0':
		var number int64
		if number, err = parseLong(v.Text); err != nil || number <= 0 || number > 1<<31-1 {
			return wrong("ignore_above of [%s] must be a positive number", name)
		}
		p.IgnoreAbove = int(number)
	case m.Name == "fields" && v.Kind == '{':
		p.Fields, err = properties(v)
	default:
		return wrong("unknown parameter [%s] on mapper [%s] of type [%s]", m.Name, name, p.Type)
	}
	return err
}

// SourcePath is where in a document's source the values of a field stand: that of the field which it reads as another type.
func (m *Mapping) SourcePath(path string) []string {
	names := strings.Split(path, ".")
	below := m.Properties
	for i, name := range names {
		p := below[name]
		if p == nil || p.Type != "" {
			return names[:i+1]
		}
		below = p.Properties
	}
	return names
}
