package query

import (
	"math"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// Parse reads the body of a search; an empty one asks for everything. Its error is a *fault.Fault.
func Parse(body []byte) (*Request, error) {
	r := &Request{Size: defaultSize, TrackTotal: defaultTrackTotal, Query: MatchAll{}}
	if len(body) == 0 {
		return r, nil
	}
	root, err := tree.Read(body)
	if err != nil {
		return nil, err
	}
	if root.Kind != '{' {
		return nil, root.Wrong("Expected [START_OBJECT] but found [%s]", root.Token())
	}
	for _, m := range root.Members {
		if err := r.member(m); err != nil {
			return nil, err
		}
	}
	for what, n := range map[string]int{"sort": len(r.Sort), "_source": len(r.Source.Fields), "highlight": len(r.Highlight)} {
		if n > maxNames {
			return nil, fault.Illegal("[%s] has %d fields, and localaws takes %d at most", what, n, maxNames)
		}
	}
	return r, nil
}

// maxNames is how many fields a search may sort by, show or highlight: each costs memory for each hit. OpenSearch has no such bound.
const maxNames = 100

func (r *Request) member(m tree.Member) (err error) {
	v := m.Value
	switch is := v.Kind; {
	case m.Name == "from":
		r.From, err = count(m)
	case m.Name == "size":
		r.Size, err = count(m)
	case m.Name == "track_total_hits":
		r.TrackTotal, err = trackTotal(v)
	case m.Name == "query" && is == '{':
		r.Query, err = parse(v)
	case m.Name == "sort" && (is == '[' || is == '{' || is == '"'):
		r.Sort, err = sortKeys(v)
	case m.Name == "search_after" && is == '[':
		r.After, err = after(v)
	case m.Name == "highlight" && is == '{':
		r.Highlight, err = highlight(v)
	case m.Name == "_source" && is != '{':
		r.Source, err = source(v)
	default:
		return v.Wrong("Unknown key for a %s in [%s].", v.Token(), m.Name)
	}
	return err
}

// integer reads a whole number, also one that is written as a string.
func integer(n *tree.Node) (int, error) {
	if n.Kind != '0' && n.Kind != '"' {
		return 0, n.Wrong("Current token (%s) not numeric, can not use numeric value accessors", n.Token())
	}
	number, err := strconv.ParseInt(n.Text, 10, 32)
	if err != nil {
		return 0, fault.New("number_format_exception", "For input string: %q", n.Text)
	}
	return int(number), nil
}

func count(m tree.Member) (int, error) {
	number, err := integer(m.Value)
	if err == nil && number < 0 {
		err = fault.Illegal("[%s] parameter cannot be negative, found [%d]", m.Name, number)
	}
	return number, err
}

func trackTotal(n *tree.Node) (int, error) {
	switch n.Kind {
	case 't':
		return math.MaxInt, nil
	case 'f':
		return 0, nil
	}
	number, err := integer(n)
	if err == nil && number < 0 {
		err = fault.Illegal("value must be >= 0, got %d", number)
	}
	return number, err
}

func after(n *tree.Node) ([]Value, error) {
	if len(n.Items) == 0 {
		return nil, fault.Illegal("Values must contains at least one value.")
	}
	var values []Value
	for _, item := range n.Items {
		if item.Kind == '{' || item.Kind == '[' {
			return nil, item.Wrong("Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [%s] inside search_after.", item.Token())
		}
		values = append(values, Value{item.Text, item.Kind == 'n', item.Kind == '0'})
	}
	return values, nil
}

func source(n *tree.Node) (Source, error) {
	items := n.Items
	switch n.Kind {
	case 't':
		return Source{}, nil
	case 'f':
		return Source{None: true}, nil
	case '"':
		items = []*tree.Node{n}
	case '[':
	default:
		return Source{}, n.Wrong("Expected one of [VALUE_BOOLEAN, START_OBJECT] but found [%s]", n.Token())
	}
	var fields []string
	for _, item := range items {
		if item.Kind != '"' || strings.Contains(item.Text, "*") { // patterns are not known
			return Source{}, item.Wrong("Unknown key for a %s in [_source].", item.Token())
		}
		fields = append(fields, item.Text)
	}
	return Source{Fields: fields}, nil
}
