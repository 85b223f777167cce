package expr

import (
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// Placeholders are the ExpressionAttributeNames and ExpressionAttributeValues of one request. The
// parsers note which are used, over all expressions of the request. One goroutine at a time.
type Placeholders struct {
	names      map[string]string
	values     map[string]attr.Value
	usedNames  map[string]struct{}
	usedValues map[string]struct{}
}

// NewPlaceholders checks the placeholders of both maps, which it keeps. A nil map stands for an absent
// parameter; an empty one is refused.
func NewPlaceholders(names map[string]string, values map[string]attr.Value) (*Placeholders, error) {
	if names == nil && values == nil {
		return &Placeholders{}, nil // as of most requests
	}
	if err := checkPlaceholders("ExpressionAttributeNames", '#', names); err != nil {
		return nil, err
	}
	for _, placeholder := range slices.Sorted(maps.Keys(names)) {
		if reason := nameFault(names[placeholder]); reason != "" {
			return nil, attr.Invalidf("ExpressionAttributeNames contains invalid value: %s for key %s", reason, placeholder)
		}
	}
	if err := checkPlaceholders("ExpressionAttributeValues", ':', values); err != nil {
		return nil, err
	}
	return &Placeholders{names: names, values: values, usedNames: map[string]struct{}{}, usedValues: map[string]struct{}{}}, nil
}

// Unused refuses a name or a value that no parsed expression has used. Call it after all were parsed.
func (p *Placeholders) Unused() error {
	if keys := unused(p.names, p.usedNames); keys != "" {
		return attr.Invalidf("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", keys)
	}
	if keys := unused(p.values, p.usedValues); keys != "" {
		return attr.Invalidf("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", keys)
	}
	return nil
}

func unused[V any](given map[string]V, used map[string]struct{}) string {
	if len(given) == len(used) {
		return ""
	}
	var left []string
	for key := range given {
		if _, ok := used[key]; !ok {
			left = append(left, key)
		}
	}
	slices.Sort(left)
	return strings.Join(left, ", ")
}

func checkPlaceholders[V any](field string, mark byte, given map[string]V) error {
	if given == nil {
		return nil
	}
	if len(given) == 0 {
		return attr.Invalidf("%s must not be empty", field)
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		switch {
		case key == "":
			return attr.Invalidf("%s contains invalid key: The expression attribute map contains an empty key;", field)
		case len(key) > maxPlaceholder:
			return attr.Invalidf("%s contains invalid key: The expression attribute map contains a key that is too long; size of key: %d", field, len(key))
		case !isPlaceholder(key, mark):
			return attr.Invalidf(`%s contains invalid key: Syntax error; key: "%s"`, field, key)
		}
	}
	return nil
}

func isPlaceholder(key string, mark byte) bool {
	if key[0] != mark || len(key) == 1 {
		return false
	}
	for _, c := range key[1:] {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func nameFault(name string) string {
	switch {
	case name == "":
		return "Empty attribute name"
	case len(name) > 65535:
		return "Attribute name is too large, must be less than 65536 bytes"
	}
	return ""
}
