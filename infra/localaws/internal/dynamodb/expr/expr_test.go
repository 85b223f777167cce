package expr

import (
	"bufio"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// request is what the recorded expressions were evaluated with.
type request struct {
	Names  map[string]string `json:"names"`
	Values attr.Item         `json:"values"`
	Item   attr.Item         `json:"item"`
}

func loadRequest(t testing.TB) request {
	t.Helper()
	data, err := os.ReadFile("testdata/request.json")
	if err != nil {
		t.Fatal(err)
	}
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

var placeholder = regexp.MustCompile(`[#:][A-Za-z0-9_]+`)

// placeholders returns those of r that src names.
func (r request) placeholders(t testing.TB, src string) *Placeholders {
	t.Helper()
	var names map[string]string
	var values map[string]attr.Value
	for _, key := range placeholder.FindAllString(src, -1) {
		if name, ok := r.Names[key]; ok {
			if names == nil {
				names = map[string]string{}
			}
			names[key] = name
		}
		if v, ok := r.Values[key]; ok {
			if values == nil {
				values = map[string]attr.Value{}
			}
			values[key] = v
		}
	}
	p, err := NewPlaceholders(names, values)
	if err != nil {
		t.Fatalf("NewPlaceholders for %q: %v", src, err)
	}
	return p
}

// answer evaluates one expression; it returns the message of a refusal, "OK true", "OK false", or an item.
func (r request) answer(t testing.TB, kind, src string) (string, attr.Item) {
	t.Helper()
	p := r.placeholders(t, src)
	var err error
	switch kind {
	case "key":
		_, err = ParseKeyCondition(src, p)
	case "filter":
		var c *Condition
		if c, err = ParseCondition(FilterExpression, src, p); err == nil {
			if c.Eval(r.Item) {
				return "OK true", nil
			}
			return "OK false", nil
		}
	case "proj":
		var pr *Projection
		if pr, err = ParseProjection(src, p); err == nil {
			return "", pr.Apply(r.Item)
		}
	case "update":
		var u *Update
		if u, err = ParseUpdate(src, p); err == nil {
			var item attr.Item
			if item, err = u.Apply(r.Item); err == nil {
				return "", item
			}
		}
	}
	if err == nil {
		return "OK", nil
	}
	if refusal, ok := errors.AsType[*attr.Error](err); !ok || refusal.Code != attr.Validation {
		t.Errorf("%s %q: error %v is no ValidationException", kind, src, err)
	}
	return err.Error(), nil
}

// The recorded answers are those of DynamoDB Local 2.5.4 for testdata/request.json.
func TestExpressionsAreAnsweredAsByDynamoDBLocal(t *testing.T) {
	file, err := os.Open("testdata/dynamodb-local.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := loadRequest(t)
	count := 0
	for lines := bufio.NewScanner(file); lines.Scan(); count++ {
		var tc struct {
			Kind string         `json:"kind"`
			Src  string         `json:"src"`
			Want jsontext.Value `json:"want"`
		}
		if err := json.Unmarshal(lines.Bytes(), &tc); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		message, item := r.answer(t, tc.Kind, tc.Src)
		if tc.Want.Kind() == jsontext.KindString {
			var want string
			if err := json.Unmarshal(tc.Want, &want); err != nil {
				t.Fatal(err)
			}
			if message != want {
				t.Errorf("%s %q\n got %s %v\nwant %s", tc.Kind, tc.Src, message, item, want)
			}
			continue
		}
		want, err := attr.ParseItem(tc.Want)
		if err != nil {
			t.Fatal(err)
		}
		if message != "" || !item.Equal(want) {
			t.Errorf("%s %q\n got %s %v\nwant %s", tc.Kind, tc.Src, message, item, tc.Want)
		}
	}
	if count < 800 {
		t.Errorf("%d recorded expressions, want all", count)
	}
}

// Where AWS and DynamoDB Local are known to differ, AWS is followed.
func TestExpressionsAreAnsweredAsByAWS(t *testing.T) {
	r := loadRequest(t)
	for _, tc := range []struct{ kind, src, want string }{
		{"filter", "size = :n", "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: size"},
		{"filter", "Convert = :n", "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: Convert"},
		{"filter", "attribute_type(str, :X)", "Invalid FilterExpression: Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{"key", "p.x = :p", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{"key", "p[0] = :p", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{"filter", "m.:n = :n", `Invalid FilterExpression: Syntax error; token: ":n", near: ".:n ="`},
		{"update", "SET n = n OR n", `Invalid UpdateExpression: Syntax error; token: "OR", near: "n OR n"`},
		{"update", "SET n = (n OR n)", `Invalid UpdateExpression: Syntax error; token: "OR", near: "n OR n"`},
		{"update", "SET n = (n AND n)", `Invalid UpdateExpression: Syntax error; token: "AND", near: "n AND n"`},
		{"update", "SET n = (NOT n)", `Invalid UpdateExpression: Syntax error; token: "NOT", near: "(NOT n"`},
		{"update", "SET n = (n = n)", `Invalid UpdateExpression: Syntax error; token: "=", near: "n = n"`},
		{"update", "SET n = (n BETWEEN n AND n)", `Invalid UpdateExpression: Syntax error; token: "BETWEEN", near: "n BETWEEN n"`},
	} {
		if got, item := r.answer(t, tc.kind, tc.src); got != tc.want {
			t.Errorf("%s %q\n got %s %v\nwant %s", tc.kind, tc.src, got, item, tc.want)
		}
	}
}

func TestTheReservedWordsAreThe573OfTheGuide(t *testing.T) {
	if len(reserved) != 573 {
		t.Errorf("%d reserved words, want 573", len(reserved))
	}
	for _, word := range []string{"abort", "Name", "STATUS", "size", "zone"} {
		if !isReserved(word) {
			t.Errorf("%s is not reserved", word)
		}
	}
	for _, word := range []string{"TenantID", "ShipmentID", "shipment", ""} {
		if isReserved(word) {
			t.Errorf("%q is reserved", word)
		}
	}
}

func TestLimitsOfAnExpression(t *testing.T) {
	const prefix = "Invalid FilterExpression: "
	const parens = prefix + "The expression has redundant parentheses;"
	repeat := strings.Repeat
	for _, tc := range []struct{ name, refused, control, message string }{
		{"4096 bytes", "n = :n" + repeat(" ", 4091), "n = :n" + repeat(" ", 4090), prefix + "Expression size has exceeded the maximum allowed size; expression size: 4097"},
		{"300 operators", repeat("NOT ", 300) + "n = :n", repeat("NOT ", 299) + "n = :n", prefix + "The expression contains too many operators; operator count: 301"},
		{"300 functions", repeat("size(n)=:n OR ", 101) + "n=:n", repeat("size(n)=:n OR ", 99) + "n=:n", prefix + "The expression contains too many operators; operator count: 301"},
		{"BETWEEN is one operator", repeat("n BETWEEN :n AND :n OR ", 149) + "n = :n AND n=:n", repeat("n BETWEEN :n AND :n OR ", 148) + "n = :n AND n=:n", prefix + "The expression contains too many operators; operator count: 301"},
		{"100 operands of IN", "n IN (:n" + repeat(",:n", 100) + ")", "n IN (:n" + repeat(",:n", 99) + ")", prefix + "The IN operator is provided with too many operands; number of operands: 101"},
		{"32 steps", "m" + repeat(".m", 32) + " = :n", "m" + repeat(".m", 31) + " = :n", prefix + "The document path has too many nesting levels; nesting levels: 33"},
		{"list index", "l[2147483648] = :n", "l[2147483647] = :n", prefix + "List index is not within the allowable range; index: [2147483648]"},
		{"huge list index", "l[99999999999999999999] = :n", "l[0] = :n", prefix + "List index is not within the allowable range; index: [99999999999999999999]"},
		{"parentheses", repeat("(", 302) + "n = :n" + repeat(")", 302), "(n = :n)", parens},
		{"open parentheses", repeat("(", 4096), repeat("(n=:n AND ", 99) + "n=:n" + repeat(")", 99), parens},
		{"empty", "", "n=:n", prefix + "The expression can not be empty;"},
	} {
		r := loadRequest(t)
		if got, _ := r.answer(t, "filter", tc.refused); got != tc.message {
			t.Errorf("%s: got %s\nwant %s", tc.name, got, tc.message)
		}
		if got, _ := r.answer(t, "filter", tc.control); !strings.HasPrefix(got, "OK") {
			t.Errorf("%s: control: %s", tc.name, got)
		}
	}
}

func TestPlaceholdersAreChecked(t *testing.T) {
	type names = map[string]string
	type values = map[string]attr.Value
	v := attr.String("x")
	for _, tc := range []struct {
		names   names
		values  values
		message string
	}{
		{names{}, nil, "ExpressionAttributeNames must not be empty"},
		{nil, values{}, "ExpressionAttributeValues must not be empty"},
		{names{"a": "b"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		{names{"#": "b"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#"`},
		{names{"#a-b": "b"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"`},
		{names{"#é": "b"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#é"`},
		{names{":a": "b"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: ":a"`},
		{nil, values{"#a": v}, `ExpressionAttributeValues contains invalid key: Syntax error; key: "#a"`},
		{nil, values{"": v}, "ExpressionAttributeValues contains invalid key: The expression attribute map contains an empty key;"},
		{nil, values{":" + strings.Repeat("a", 255): v}, "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long; size of key: 256"},
		{names{"#a": ""}, nil, "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"},
		{names{"#a": strings.Repeat("a", 65536)}, nil, "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes for key #a"},
	} {
		if _, err := NewPlaceholders(tc.names, tc.values); err == nil || err.Error() != tc.message {
			t.Errorf("%v, %v: got %v\nwant %s", tc.names, tc.values, err, tc.message)
		}
	}
	if _, err := NewPlaceholders(names{"#_1a": strings.Repeat("a", 65535)}, values{":" + strings.Repeat("a", 254): v}); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestUnusedPlaceholdersAreRefused(t *testing.T) {
	parse := func(src ...string) error {
		p, err := NewPlaceholders(map[string]string{"#a": "a", "#b": "b"}, map[string]attr.Value{":x": attr.Null(), ":y": attr.Null(), ":z": attr.Null()})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range src {
			if _, err := ParseCondition(ConditionExpression, each, p); err != nil {
				t.Fatalf("%q: %v", each, err)
			}
		}
		return p.Unused()
	}
	const values = "Value provided in ExpressionAttributeValues unused in expressions: keys: "
	const names = "Value provided in ExpressionAttributeNames unused in expressions: keys: "
	for _, tc := range []struct {
		src  []string
		want string
	}{
		{[]string{"#a = :x", "#b IN (:y, :z)"}, ""},
		{[]string{"#a = :x", "#b = :y"}, values + "{:z}"},
		{[]string{"#a = #b"}, values + "{:x, :y, :z}"},
		{[]string{"#a IN (:x, :y, :z)"}, names + "{#b}"},
		{nil, names + "{#a, #b}"},
	} {
		err := parse(tc.src...)
		if got := ""; err != nil {
			got = err.Error()
			if got != tc.want {
				t.Errorf("%q: got %s, want %s", tc.src, got, tc.want)
			}
		} else if tc.want != "" {
			t.Errorf("%q: got no error, want %s", tc.src, tc.want)
		}
	}
}
