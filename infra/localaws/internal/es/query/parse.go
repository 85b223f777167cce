package query

import (
	"errors"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// parserOf finds a query by its name; nil: there is none. It is a function because the parser of bool refers to it.
func parserOf(name string) func(*tree.Node) (Query, error) {
	return map[string]func(*tree.Node) (Query, error){
		"match_all": matchAll, "term": term, "terms": terms, "range": ranged, "match": match, "multi_match": multiMatch, "bool": boolean,
	}[name]
}

// parse reads one query, {"name": {...}}.
func parse(n *tree.Node) (Query, error) {
	if n.Kind != '{' {
		return nil, n.WrongAt(n.End+1, "[_na] query malformed, must start with start_object")
	}
	if len(n.Members) == 0 {
		f := n.WrongEnd("")
		return nil, fault.Illegal("query malformed, empty clause found at [%d:%d]", f.Line, f.Column)
	}
	m := n.Members[0]
	if m.Value.Kind != '{' {
		return nil, m.Value.Wrong("[%s] query malformed, no start_object after query name", m.Name)
	}
	parser := parserOf(m.Name)
	if parser == nil {
		return nil, m.Value.Wrong("unknown query [%s]", m.Name)
	}
	q, err := parser(m.Value)
	if err != nil {
		return nil, err
	}
	if len(n.Members) > 1 {
		return nil, n.WrongAt(n.Members[1].Start, "[%s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", m.Name)
	}
	return q, nil
}

func matchAll(n *tree.Node) (Query, error) {
	for _, m := range n.Members {
		f := n.Malformed(m.Start, "[match_all] unknown field [%s]", m.Name)
		return nil, m.Value.Wrong("%s", f.Reason)
	}
	return MatchAll{}, nil
}

// field returns the one field that a query names, and its value.
func field(n *tree.Node, query string) (string, *tree.Node, error) {
	if len(n.Members) > 1 {
		return "", nil, n.Members[1].Value.Wrong("[%s] query doesn't support multiple fields, found [%s] and [%s]", query, n.Members[0].Name, n.Members[1].Name)
	}
	if len(n.Members) == 0 || n.Members[0].Name == "" {
		return "", nil, fault.Illegal("field name is null or empty")
	}
	return n.Members[0].Name, n.Members[0].Value, nil
}

func term(n *tree.Node) (Query, error) {
	name, value, err := field(n, "term")
	if err != nil {
		return nil, err
	}
	switch {
	case value.Kind == '[':
		return nil, value.Wrong("[term] query does not support array of values")
	case value.Kind == 'n':
		return nil, fault.Illegal("field name is null or empty")
	case value.IsScalar():
		return Term{name, value.Text}, nil
	}
	for _, m := range value.Members {
		if m.Name != "value" || !m.Value.IsScalar() && m.Value.Kind != 'n' {
			return nil, m.Value.Wrong("[term] query does not support [%s]", m.Name)
		}
	}
	given := value.Get("value")
	if given == nil || given.Kind == 'n' {
		return nil, fault.Illegal("value cannot be null")
	}
	return Term{name, given.Text}, nil
}

func terms(n *tree.Node) (Query, error) {
	if len(n.Members) == 0 {
		return nil, n.WrongEnd("[terms] query requires a field name, followed by array of terms or a document lookup specification")
	}
	if len(n.Members) > 1 {
		return nil, n.Members[1].Value.Wrong("[terms] query does not support multiple fields")
	}
	// An object is the lookup of terms in a document of any index: it is refused as every other value.
	m := n.Members[0]
	if m.Value.Kind != '[' {
		return nil, m.Value.Wrong("[terms] query does not support [%s]", m.Name)
	}
	q := Terms{Field: m.Name}
	for _, item := range m.Value.Items {
		if !item.IsScalar() {
			return nil, item.Wrong("No value specified for terms query")
		}
		q.Values = append(q.Values, item.Text)
	}
	return q, nil
}

func ranged(n *tree.Node) (Query, error) {
	name, bounds, err := field(n, "range")
	if err != nil {
		return nil, err
	}
	if bounds.Kind != '{' {
		return nil, bounds.Wrong("[range] query does not support [%s]", name)
	}
	q := Range{Field: name}
	for _, m := range bounds.Members {
		if !m.Value.IsScalar() {
			return nil, m.Value.Wrong("[range] query does not support [%s]", m.Name)
		}
		bound := &Bound{m.Value.Text, strings.HasSuffix(m.Name, "e")}
		switch m.Name {
		case "gt", "gte":
			q.Lower = bound
		case "lt", "lte":
			q.Upper = bound
		default:
			return nil, m.Value.Wrong("[range] query does not support [%s]", m.Name)
		}
	}
	return q, nil
}

func boolean(n *tree.Node) (Query, error) {
	var q Bool
	lists := map[string]*[]Query{"must": &q.Must, "filter": &q.Filter, "should": &q.Should, "must_not": &q.MustNot}
	for _, m := range n.Members {
		list := lists[m.Name]
		clauses := []*tree.Node{m.Value}
		switch {
		case list == nil:
			return nil, n.Malformed(m.Start, "[bool] unknown field [%s]", m.Name)
		case m.Value.Kind == 'n':
			continue
		case m.Value.Kind == '[':
			clauses = m.Value.Items
		case m.Value.Kind != '{':
			return nil, n.Malformed(m.Value.Start, "[bool] %s doesn't support values of type: %s", m.Name, m.Value.Token())
		}
		for _, clause := range clauses {
			parsed, err := parse(clause)
			if err != nil {
				return nil, inside(clause, m.Name, err)
			}
			*list = append(*list, parsed)
		}
	}
	return q, nil
}

// inside wraps the fault of a clause, as OpenSearch does.
func inside(clause *tree.Node, list string, err error) error {
	cause, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return err
	}
	at := cause.Offset
	if at == 0 {
		at = clause.End
	}
	outer := clause.Malformed(at, "[bool] failed to parse field [%s]", list)
	outer.Cause = cause
	return outer
}
