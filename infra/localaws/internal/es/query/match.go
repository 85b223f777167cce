package query

import (
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

func match(n *tree.Node) (Query, error) {
	name, value, err := field(n, "match")
	if err != nil {
		return nil, err
	}
	q := Match{Field: name}
	switch {
	case value.IsScalar():
		q.Text = value.Text
		return q, nil
	case value.Kind == '[':
		return nil, value.Wrong("[match] unknown token [START_ARRAY] after [%s]", name)
	case value.Kind == 'n':
		return nil, n.WrongEnd("No text specified for text query")
	}
	for _, m := range value.Members {
		switch {
		case m.Name == "query" && m.Value.IsScalar():
			q.Text = m.Value.Text
		case m.Name == "operator" && m.Value.Kind == '"':
			if q.All, err = operator(m.Value.Text); err != nil {
				return nil, err
			}
		default:
			return nil, m.Value.Wrong("[match] query does not support [%s]", m.Name)
		}
	}
	if value.Get("query") == nil {
		return nil, n.WrongEnd("No text specified for text query")
	}
	return q, nil
}

func operator(text string) (all bool, err error) {
	switch upper := strings.ToUpper(text); upper {
	case "AND", "OR":
		return upper == "AND", nil
	default:
		return false, fault.Illegal("No enum constant org.opensearch.index.query.Operator.%s", upper)
	}
}

func multiMatch(n *tree.Node) (Query, error) {
	var q MultiMatch
	var err error
	for _, m := range n.Members {
		switch {
		case m.Name == "query":
			if !m.Value.IsScalar() {
				return nil, m.Value.Wrong("[multi_match] unknown token [%s] after [query]", m.Value.Token())
			}
			q.Text = m.Value.Text
		case m.Name == "fields":
			q.Fields, err = boostedFields(m.Value)
		case m.Name == "type" && m.Value.Kind == '"':
			q.Across, err = across(m.Value.Text)
		case m.Name == "operator" && m.Value.Kind == '"':
			q.All, err = operator(m.Value.Text)
		default:
			return nil, m.Value.Wrong("[multi_match] query does not support [%s]", m.Name)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case n.Get("query") == nil:
		return nil, n.WrongEnd("No text specified for multi_match query")
	case len(q.Fields) == 0: // OpenSearch takes all fields then
		return nil, n.WrongEnd("[multi_match] query requires [fields]")
	}
	return q, nil
}

func across(name string) (bool, error) {
	switch name {
	case "cross_fields", "best_fields":
		return name == "cross_fields", nil
	default:
		return false, fault.New("parse_exception", "failed to parse [multi_match] query type [%s]. unknown type.", name)
	}
}

// boostedFields reads names of fields, each with a boost behind a ^ or without.
func boostedFields(n *tree.Node) ([]BoostedField, error) {
	items := n.Items
	if n.Kind == '"' {
		items = []*tree.Node{n}
	} else if n.Kind != '[' {
		return nil, n.Wrong("[multi_match] query does not support [fields]")
	}
	var fields []BoostedField
	for _, item := range items {
		name, boost, given := strings.Cut(item.Text, "^")
		f := BoostedField{name, 1}
		if item.Kind != '"' || name == "" || strings.Contains(name, "*") { // patterns are not known
			return nil, item.Wrong("[multi_match] query does not support [%s]", item.Text)
		}
		if given {
			number, err := strconv.ParseFloat(boost, 32)
			if err != nil {
				return nil, fault.New("number_format_exception", "For input string: %q", boost)
			}
			if !(number >= 0) || number > 1e6 {
				return nil, fault.Illegal("negative [boost] are not allowed in [%s], use a value between 0 and 1 to deboost", item.Text)
			}
			f.Boost = float32(number)
		}
		fields = append(fields, f)
	}
	return fields, nil
}
