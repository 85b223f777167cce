//go:build upstreams

package conformance

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// perform answers r, with all its pages, in a form that can be compared: the status, or the code of an error with
// what else it says, and then what was answered, in a line each.
func perform(t *rapid.T, e endpoint, r request, table string) []string {
	body := r.body
	var pages, items []string
	for {
		a := must(t, e, r.operation, body, table)
		if a.code != "" {
			return append([]string{a.code}, reasons(a)...)
		}
		var page map[string]json.RawMessage
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(a.body), table, "$T")), &page); err != nil {
			t.Fatalf("%s: %v", a.body, err)
		}
		next := page["LastEvaluatedKey"]
		if r.unordered {
			var list []json.RawMessage
			_ = json.Unmarshal(page["Items"], &list) // there are none with Select COUNT
			for _, i := range list {
				items = append(items, canonical(i))
			}
			// Where a page ends depends on the order.
			delete(page, "Items")
			delete(page, "LastEvaluatedKey")
			if strings.Contains(r.body, `"Limit"`) {
				page = map[string]json.RawMessage{}
			}
		}
		text, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, canonical(text))
		if next == nil {
			break
		}
		if len(pages) > 100 {
			t.Fatalf("%s: pages without end", e.name)
		}
		body = strings.Replace(r.body, `{`, `{"ExclusiveStartKey":`+string(next)+`,`, 1)
	}
	if r.unordered {
		pages = slices.DeleteFunc(pages, func(p string) bool { return p == "{}" })
	}
	slices.Sort(items)
	return append(append([]string{"200"}, pages...), items...)
}

// reasons are what an error says beside its code and its message.
func reasons(a answer) []string {
	var body struct {
		Item                json.RawMessage
		CancellationReasons []struct {
			Code string
			Item json.RawMessage
		}
	}
	if json.Unmarshal(a.body, &body) != nil {
		return nil
	}
	var all []string
	if body.Item != nil {
		all = append(all, canonical(body.Item))
	}
	for _, r := range body.CancellationReasons {
		line := r.Code
		if r.Item != nil {
			line += " " + canonical(r.Item)
		}
		all = append(all, line)
	}
	return all
}

// canonical is JSON in one form: members by name, sets and the lists of BatchGetItem in order, numbers alike.
func canonical(text []byte) string {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		panic(fmt.Sprintf("%v: %s", err, text))
	}
	out, err := json.Marshal(arranged("", v))
	if err != nil {
		panic(err)
	}
	return string(out)
}

func arranged(name string, v any) any {
	switch v := v.(type) {
	case string:
		if name != "N" {
			break
		}
		if n, ok := new(big.Rat).SetString(v); ok {
			return n.RatString() // DynamoDB Local keeps the text of a number that is in a document
		}
	case map[string]any:
		for k := range v {
			if below := arranged(k, v[k]); name == "Responses" {
				v[k] = sorted(below.([]any))
			} else {
				v[k] = below
			}
		}
	case []any:
		for i := range v {
			v[i] = arranged(map[string]string{"NS": "N"}[name], v[i])
		}
		if name == "SS" || name == "NS" || name == "BS" {
			return sorted(v)
		}
	}
	return v
}

func compare(a, b []string) string {
	if slices.Equal(a, b) {
		return ""
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d differs", i)
		}
	}
	return "one has more"
}

// known says which of the differences between DynamoDB Local and AWS this one is, see
// infra/docs/DYNAMODB-COMPARISON.md; empty: none of them.
func known(r request, a, b []string) string {
	alike := compare(withoutCapacity(a), withoutCapacity(b)) == ""
	transaction, validation := strings.HasPrefix(r.operation, "Transact"), a[0] == "ValidationException"
	switch {
	case alike && r.operation == "DeleteItem" && !strings.Contains(r.body, "ReturnConsumedCapacity"):
		return "capacity that nobody asked for"
	case alike && r.indexed && strings.HasSuffix(r.operation, "Item"):
		return "capacity of writes to indexes"
	case alike && (r.operation == "Query" || r.operation == "Scan"):
		return "capacity of a page"
	case transaction && a[0] == "TransactionCanceledException" && b[0] == "ValidationException" && slices.Contains(a, "ValidationError") && strings.Contains(r.body, `"Update":`):
		return "refused instead of cancelled"
	case transaction && validation && b[0] == "TransactionCanceledException" && (conditionFailed(b) || keyPath.MatchString(r.body) || r.indexed && indexKeyMistyped.MatchString(r.body)):
		return "cancelled instead of refused"
	case r.operation == "UpdateItem" && validation && b[0] == "ConditionalCheckFailedException":
		return "the condition first"
	case r.indexed && (validation || a[0] == "TransactionCanceledException") && b[0] == "200" && indexKeyWritten.MatchString(r.body):
		return "an update gives an index a key of another type"
	case r.operation == "TransactWriteItems" && validation && b[0] == "200" && strings.Contains(r.body, "ConditionCheck"):
		return "a path into a key, in a ConditionCheck"
	case r.operation == "Query" && strings.Contains(r.body, `"Limit"`) && (compare(withoutEmptyEnd(a), b) == "" || compare(a, withoutEmptyEnd(b)) == ""):
		return "an empty page at the end"
	case r.operation == "UpdateItem" && nestedReturned(r.body) && partlyReturned(a, b):
		return "what was updated of a document"
	case unprojected.MatchString(r.operation + r.body):
		return "what an index does not project"
	}
	return ""
}

// conditionFailed reports whether a condition of a transaction failed, which DynamoDB Local may see before what is wrong with
// the request.
func conditionFailed(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "ConditionalCheckFailed") })
}

// keyPath matches a path into a key, of the table or of an index, and an update of one of the table.
var keyPath = regexp.MustCompile(`\b[PRcw](\.|\[)|"UpdateExpression":"[^"]*\b[PR]\b`)

// indexKeyMistyped matches an item whose key of an index is of another type.
var indexKeyMistyped = regexp.MustCompile(`"c":\{"[^S]|"w":\{"[^N]`)

// nestedReturned reports whether the answer holds what was updated inside of a document.
func nestedReturned(body string) bool {
	return strings.Contains(body, `"ReturnValues":"UPDATED_`) && nestedUpdate.MatchString(body)
}

var nestedUpdate = regexp.MustCompile(`"UpdateExpression":"[^"]*(\.[xy]|\[\d)`)

// partlyReturned reports whether both updated, and b answers whole each attribute of which a answers a part, or nothing.
func partlyReturned(a, b []string) bool {
	var own, other struct {
		Attributes map[string]json.RawMessage
	}
	if a[0] != "200" || b[0] != "200" || json.Unmarshal([]byte(a[1]), &own) != nil || json.Unmarshal([]byte(b[1]), &other) != nil {
		return false
	}
	for name := range own.Attributes {
		if _, ok := other.Attributes[name]; !ok {
			return false
		}
	}
	return true
}

// unprojected matches a filter on an index that has not all attributes, and what names the key of one global
// index in another that has it not.
var unprojected = regexp.MustCompile(`^(Scan|Query).*("FilterExpression".*"IndexName":"(ByW|Keys)"|"IndexName":"Keys".*\bw\b)`)

// indexKeyWritten matches an update of what is an index's key.
var indexKeyWritten = regexp.MustCompile(`"UpdateExpression":"[^"]*\b[cw] (=|:)`)

var lastKeyPattern = regexp.MustCompile(`"LastEvaluatedKey":\{[^{}]*\{[^{}]*\},[^{}]*\{[^{}]*\}\},`)

// withoutEmptyEnd joins a last page that has nothing with the one before.
func withoutEmptyEnd(pages []string) []string {
	n := len(pages)
	if n < 3 || !strings.HasSuffix(pages[n-1], `"ScannedCount":0}`) {
		return pages
	}
	pages = slices.Clone(pages[:n-1])
	pages[n-2] = lastKeyPattern.ReplaceAllString(pages[n-2], "")
	return pages
}

var capacityPattern = regexp.MustCompile(`"ConsumedCapacity":(\{[^{}]*\}|\[[^\[\]]*\]),?`)

func withoutCapacity(lines []string) []string {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = capacityPattern.ReplaceAllString(lines[i], "")
	}
	return lines
}
