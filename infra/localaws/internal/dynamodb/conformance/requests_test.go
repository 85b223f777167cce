//go:build upstreams

package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// request is one random operation. What it does is drawn from little, so that operations meet.
type request struct {
	operation, body string
	// unordered says that the answer's items have no order that AWS documents: across partitions, and
	// among items of one index key.
	unordered bool
	indexed   bool // the table has indexes
}

const plainBody = `{"TableName":"$T","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[` +
	`{"AttributeName":"P","AttributeType":"S"},{"AttributeName":"R","AttributeType":"N"}],` +
	`"KeySchema":[{"AttributeName":"P","KeyType":"HASH"},{"AttributeName":"R","KeyType":"RANGE"}]}`

const indexedBody = `{"TableName":"$T","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[` +
	`{"AttributeName":"P","AttributeType":"S"},{"AttributeName":"R","AttributeType":"N"},{"AttributeName":"c","AttributeType":"S"},{"AttributeName":"w","AttributeType":"N"}],` +
	`"KeySchema":[{"AttributeName":"P","KeyType":"HASH"},{"AttributeName":"R","KeyType":"RANGE"}],"GlobalSecondaryIndexes":[` +
	`{"IndexName":"ByC","KeySchema":[{"AttributeName":"c","KeyType":"HASH"},{"AttributeName":"w","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},` +
	`{"IndexName":"Keys","KeySchema":[{"AttributeName":"c","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],` +
	`"LocalSecondaryIndexes":[{"IndexName":"ByW","KeySchema":[{"AttributeName":"P","KeyType":"HASH"},{"AttributeName":"w","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["d"]}}]}`

func pick[T any](t *rapid.T, from ...T) T { return rapid.SampledFrom(from).Draw(t, "pick") }

// rarely is true one time in n.
func rarely(t *rapid.T, n int) bool { return rapid.IntRange(1, n).Draw(t, "rarely") == n }

func number(t *rapid.T) string {
	return pick(t, "0", "1", "2", "3", "-1", "10", "1.50", "007", "1e2", "-0.00", "1E-3", "12345678901234567890123456789012345678", "9.9e125", "1e-130", "0.1", "100000000000000000000")
}

// value is any value; depth bounds documents.
func value(t *rapid.T, depth int) string {
	kinds := 8
	if depth > 0 {
		kinds = 10
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0, 1:
		return `{"S":"` + pick(t, "", "a", "ab", "abc", "b", "ü", "1") + `"}`
	case 2, 3:
		return `{"N":"` + number(t) + `"}`
	case 4:
		return `{"B":"` + pick(t, "", "AA==", "AAE=", "/w==") + `"}`
	case 5:
		return pick(t, `{"BOOL":true}`, `{"BOOL":false}`, `{"NULL":true}`)
	case 6:
		return `{"SS":[` + quoted(some(t, "a", "b", "c")) + `]}`
	case 7:
		return `{"NS":[` + quoted(some(t, "1", "2.0", "-3", "1e2")) + `]}`
	case 8:
		list := make([]string, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = value(t, depth-1)
		}
		return `{"L":[` + strings.Join(list, ",") + `]}`
	}
	m := map[string]string{}
	for _, name := range some(t, "x", "y", "z") {
		m[name] = value(t, depth-1)
	}
	return `{"M":` + object(m) + `}`
}

// some is a subset that is not empty.
func some(t *rapid.T, of ...string) []string {
	from := rapid.IntRange(0, len(of)-1).Draw(t, "from")
	return of[from : from+rapid.IntRange(1, len(of)-from).Draw(t, "many")]
}

func quoted(texts []string) string { return `"` + strings.Join(texts, `","`) + `"` }

func object(members map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		all = append(all, `"`+name+`":`+members[name])
	}
	return "{" + strings.Join(all, ",") + "}"
}

func key(t *rapid.T) map[string]string {
	k := map[string]string{"P": `{"S":"` + pick(t, "a", "b") + `"}`, "R": `{"N":"` + pick(t, "1", "2", "3", "10", "-1.5") + `"}`}
	if rarely(t, 40) {
		switch pick(t, 0, 1, 2, 3) {
		case 0:
			delete(k, "R")
		case 1:
			k["R"] = `{"S":"1"}`
		case 2:
			k["x"] = `{"S":"1"}`
		case 3:
			k["P"] = `{"S":""}`
		}
	}
	return k
}

// attributes are the names that items have beside their keys.
var attributes = []string{"s", "n", "l", "m", "q", "d"}

func item(t *rapid.T) string {
	i := key(t)
	for _, name := range attributes {
		if rapid.Bool().Draw(t, name) {
			i[name] = value(t, 2)
		}
	}
	if rapid.Bool().Draw(t, "c") {
		i["c"] = `{"S":"` + pick(t, "red", "blue") + `"}`
	}
	if rapid.Bool().Draw(t, "w") {
		i["w"] = `{"N":"` + pick(t, "1", "2", "5", "-7") + `"}`
	}
	if rarely(t, 60) {
		i["c"] = `{"N":"1"}`
	}
	return object(i)
}

// expressions collects names and values while expressions are drawn.
type expressions struct {
	t      *rapid.T
	names  map[string]string
	values map[string]string
}

func newExpressions(t *rapid.T) *expressions {
	return &expressions{t, map[string]string{}, map[string]string{}}
}

func (x *expressions) value(v string) string {
	name := fmt.Sprintf(":v%d", len(x.values))
	x.values[name] = v
	return name
}

func (x *expressions) path() string { return x.pathOf(append(attributes, "P", "R", "c", "w")...) }

// target is what an update may write, most of the time.
func (x *expressions) target() string {
	if rarely(x.t, 40) {
		return x.path()
	}
	return x.pathOf(attributes...)
}

func (x *expressions) pathOf(names ...string) string {
	p := pick(x.t, names...)
	if rarely(x.t, 3) {
		alias := "#" + p
		x.names[alias] = `"` + p + `"`
		p = alias
	}
	if rarely(x.t, 4) {
		p += pick(x.t, ".x", ".y", "[0]", "[1]", ".x.y", "[0].x")
	}
	return p
}

func (x *expressions) operand() string {
	switch pick(x.t, 0, 0, 1, 1, 1, 2) {
	case 0:
		return x.path()
	case 1:
		return x.value(value(x.t, 1))
	}
	return "size(" + x.path() + ")"
}

func (x *expressions) condition(depth int) string {
	if depth > 0 && rarely(x.t, 3) {
		switch pick(x.t, 0, 1, 2, 3) {
		case 0:
			return x.condition(depth-1) + " AND " + x.condition(depth-1)
		case 1:
			return x.condition(depth-1) + " OR " + x.condition(depth-1)
		case 2:
			return "NOT " + x.condition(depth-1)
		case 3:
			return "(" + x.condition(depth-1) + " OR " + x.condition(depth-1) + ")"
		}
	}
	switch pick(x.t, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7) {
	case 0:
		return x.operand() + " " + pick(x.t, "=", "<>", "<", "<=", ">", ">=") + " " + x.operand()
	case 1:
		return "attribute_exists(" + x.path() + ")"
	case 2:
		return "attribute_not_exists(" + x.path() + ")"
	case 3:
		return "begins_with(" + x.path() + ", " + x.operand() + ")"
	case 4:
		return "contains(" + x.path() + ", " + x.operand() + ")"
	case 5:
		return "attribute_type(" + x.path() + ", " + x.value(`{"S":"`+pick(x.t, "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS", "X")+`"}`) + ")"
	case 6:
		return x.operand() + " IN (" + x.operand() + ", " + x.operand() + ")"
	}
	return x.operand() + " BETWEEN " + x.value(`{"N":"`+number(x.t)+`"}`) + " AND " + x.value(`{"N":"`+number(x.t)+`"}`)
}

func (x *expressions) update() string {
	var clauses []string
	if !rarely(x.t, 5) {
		var sets []string
		for range rapid.IntRange(1, 2).Draw(x.t, "sets") {
			sets = append(sets, x.target()+" = "+x.assigned())
		}
		clauses = append(clauses, "SET "+strings.Join(sets, ", "))
	}
	if rarely(x.t, 5) {
		clauses = append(clauses, "REMOVE "+x.target())
	}
	if rarely(x.t, 6) {
		clauses = append(clauses, "ADD "+x.target()+" "+x.value(pick(x.t, `{"N":"1"}`, `{"N":"-2.5"}`, `{"SS":["a","z"]}`, `{"NS":["1","9"]}`, `{"S":"a"}`)))
	}
	if rarely(x.t, 8) {
		clauses = append(clauses, "DELETE "+x.target()+" "+x.value(pick(x.t, `{"SS":["a"]}`, `{"NS":["1"]}`, `{"N":"1"}`)))
	}
	if len(clauses) == 0 {
		return "REMOVE " + x.target()
	}
	return strings.Join(clauses, " ")
}

func (x *expressions) assigned() string {
	switch pick(x.t, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4) {
	case 1:
		return x.path() + " " + pick(x.t, "+", "-") + " " + x.value(`{"N":"`+pick(x.t, "1", "2.5", "-3", "1e3")+`"}`)
	case 2:
		return "if_not_exists(" + x.path() + ", " + x.value(value(x.t, 1)) + ")"
	case 3:
		return "list_append(" + x.path() + ", " + x.value(`{"L":[{"S":"z"}]}`) + ")"
	case 4:
		return x.path()
	}
	return x.value(value(x.t, 1))
}

// projection names attributes.
func (x *expressions) projection() string {
	if rarely(x.t, 2) {
		return x.path()
	}
	return x.path() + ", " + x.path()
}

// members adds an expression's member, and at the end those of names and values.
func (x *expressions) close(m map[string]string) map[string]string {
	if rarely(x.t, 60) {
		x.names["#unused"] = `"u"`
	}
	if len(x.names) > 0 {
		m["ExpressionAttributeNames"] = object(x.names)
	}
	if len(x.values) > 0 {
		m["ExpressionAttributeValues"] = object(x.values)
	}
	return m
}

// spoiled is an expression, one time in many with something wrong in it.
func spoiled(t *rapid.T, expression string) string {
	if rarely(t, 40) {
		at := rapid.IntRange(0, len(expression)).Draw(t, "at")
		for at < len(expression) && expression[at]&0xc0 == 0x80 {
			at++
		}
		expression = expression[:at] + pick(t, " ", "(", ")", ",", ".", "[", ":", "#", "=", "AND", "0", "-") + expression[at:]
	}
	return `"` + expression + `"`
}
