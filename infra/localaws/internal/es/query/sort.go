package query

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// sortKeys reads a field, {"field":"asc"}, {"field":{"order":"asc","missing":"_last"}}, or an array of those.
func sortKeys(n *tree.Node) ([]SortKey, error) {
	items := n.Items
	if n.Kind != '[' {
		items = []*tree.Node{n}
	}
	var keys []SortKey
	for _, item := range items {
		switch item.Kind {
		case '"':
			keys = append(keys, SortKey{Field: item.Text, Descending: item.Text == Score})
		case '{':
			for _, m := range item.Members {
				key, err := sortKey(item, m)
				if err != nil {
					return nil, err
				}
				keys = append(keys, key)
			}
		default:
			return nil, fault.Illegal("malformed sort format, within the sort array, an object, or an actual string are allowed")
		}
	}
	return keys, nil
}

func sortKey(item *tree.Node, m tree.Member) (key SortKey, err error) {
	key = SortKey{Field: m.Name, Descending: m.Name == Score}
	switch m.Value.Kind {
	case '"':
		key.Descending, err = descending(m.Value)
		return key, err
	case '{':
	default:
		return key, item.Malformed(item.End, "[field_sort] Expected START_OBJECT but was: END_OBJECT")
	}
	for _, option := range m.Value.Members {
		v := option.Value
		switch {
		case option.Name == "order" && v.Kind == '"':
			if key.Descending, err = descending(v); err != nil {
				return key, v.Malformed(v.Start, "[field_sort] failed to parse field [order]")
			}
		case option.Name == "missing" && key.Field != Score && (v.Text == "_first" || v.Text == "_last"):
			key.MissingFirst = v.Text == "_first"
		default:
			return key, v.Malformed(option.Start, "[field_sort] unknown field [%s]", option.Name)
		}
	}
	return key, nil
}

func descending(n *tree.Node) (bool, error) {
	switch order := strings.ToUpper(n.Text); order {
	case "ASC", "DESC":
		return order == "DESC", nil
	default:
		return false, fault.Illegal("No enum constant org.opensearch.search.sort.SortOrder.%s", order)
	}
}

// highlight reads {"fields":{"name":{}}}, with the number and size of the fragments for all fields or for one.
func highlight(n *tree.Node) ([]HighlightField, error) {
	common := HighlightField{Fragments: defaultFragments, Size: defaultFragment}
	for _, m := range n.Members {
		if m.Name != "fields" {
			if err := common.option(n, m, "highlight"); err != nil {
				return nil, err
			}
		} else if m.Value.Kind != '{' {
			return nil, n.Malformed(m.Value.Start, "[highlight] fields doesn't support values of type: %s", m.Value.Token())
		}
	}
	var fields []HighlightField
	if given := n.Get("fields"); given != nil {
		for _, m := range given.Members {
			f := common
			f.Field = m.Name
			if m.Value.Kind != '{' || strings.Contains(m.Name, "*") { // patterns are not known
				return nil, given.Malformed(m.Value.Start, "[fields] failed to parse field [%s]", m.Name)
			}
			for _, option := range m.Value.Members {
				if err := f.option(m.Value, option, "highlight_field"); err != nil {
					outer := n.Malformed(option.Value.Start, "[highlight] failed to parse field [fields]")
					outer.Cause = err
					return nil, outer
				}
			}
			fields = append(fields, f)
		}
	}
	return fields, nil
}

func (f *HighlightField) option(n *tree.Node, m tree.Member, where string) *fault.Fault {
	target := map[string]*int{"number_of_fragments": &f.Fragments, "fragment_size": &f.Size}[m.Name]
	if target == nil {
		return n.Malformed(m.Start, "[%s] unknown field [%s]", where, m.Name)
	}
	number, err := integer(m.Value)
	if err != nil || number < 0 {
		return n.Malformed(m.Value.Start, "[%s] failed to parse field [%s]", where, m.Name)
	}
	*target = number
	return nil
}
