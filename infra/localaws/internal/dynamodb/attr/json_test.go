package attr

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

const noType = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
const twoTypes = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"

// Each refused value stands beside one that differs from it in one thing and is read.
func TestValueJSONIsReadStrictly(t *testing.T) {
	const invalid = "One or more parameter values were invalid: "
	for _, tc := range []struct{ refused, control, code, message string }{
		{`{}`, `{"S":""}`, Validation, noType},
		{`{"X":"1"}`, `{"S":"1"}`, Validation, noType},
		{`{"s":"1"}`, `{"S":"1"}`, Validation, noType},
		{`{"S":null}`, `{"S":"null"}`, Validation, noType},
		{`{"S":"a","N":"1"}`, `{"S":"a"}`, Validation, twoTypes},
		{`{"S":"a","X":"b"}`, `{"S":"a"}`, Validation, twoTypes},
		{`{"NULL":false}`, `{"NULL":true}`, Validation, invalid + "Null attribute value types must have the value of true"},
		{`{"SS":[]}`, `{"L":[]}`, Validation, invalid + "An string set  may not be empty"},
		{`{"NS":[]}`, `{"NS":["0"]}`, Validation, invalid + "An number set  may not be empty"},
		{`{"BS":[]}`, `{"BS":[""]}`, Validation, invalid + "Binary sets should not be empty"},
		{`{"SS":["a","a"]}`, `{"SS":["a","A"]}`, Validation, invalid + "Input collection [a, a] contains duplicates."},
		{`{"NS":["1","1.0"]}`, `{"NS":["1","1.1"]}`, Validation, "Input collection contains duplicates"},
		{`{"BS":["YQ==","YQ=="]}`, `{"BS":["YQ==","Yg=="]}`, Validation, invalid + "Input collection [YQ==, YQ==]of type BS contains duplicates."},
		{`{"N":"x"}`, `{"N":"7"}`, Validation, "The parameter cannot be converted to a numeric value: x"},
		{`{"N":""}`, `{"S":""}`, Validation, "The parameter cannot be converted to a numeric value"},
		{`{"M":{"":{"S":"a"}}}`, `{"M":{"a":{"S":"a"}}}`, Validation, invalid + "Empty attribute name"},
		{`{"L":[{}]}`, `{"L":[{"S":""}]}`, Validation, noType},
		{`{"M":{"a":{}}}`, `{"M":{"a":{"M":{}}}}`, Validation, noType},
		{`null`, `{"NULL":true}`, Validation, noType},
		{`{"S":1}`, `{"S":"1"}`, Serialization, "NUMBER_VALUE cannot be converted to String"},
		{`{"N":1}`, `{"N":"1"}`, Serialization, "NUMBER_VALUE cannot be converted to String"},
		{`{"S":true}`, `{"S":"true"}`, Serialization, "TRUE_VALUE cannot be converted to String"},
		{`{"S":{}}`, `{"M":{}}`, Serialization, "Start of structure or map found where not expected"},
		{`{"S":["a"]}`, `{"SS":["a"]}`, Serialization, "Unrecognized collection type class java.lang.String"},
		{`{"BOOL":"true"}`, `{"BOOL":true}`, Serialization, "Unexpected token received from parser"},
		{`{"BOOL":0}`, `{"BOOL":false}`, Serialization, "NUMBER_VALUE cannot be converted to Boolean"},
		{`{"L":{}}`, `{"L":[]}`, Serialization, "Start of structure or map found where not expected"},
		{`{"L":"a"}`, `{"S":"a"}`, Serialization, "Unexpected field type"},
		{`{"L":["a"]}`, `{"SS":["a"]}`, Serialization, "Unexpected field type"},
		{`{"B":"YQ"}`, `{"B":"YQ=="}`, Serialization, "Base64 encoded length is expected a multiple of 4 bytes but found: 2"},
		{`{"B":"YR=="}`, `{"B":"YQ=="}`, Serialization, "Invalid last non-pad Base64 character dectected"},
		{`{"B":"YQ\n=="}`, `{"B":"YQ=="}`, Serialization, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
		{`{"B":"YQ==\n\n\n\n"}`, `{"B":"YQ=="}`, Serialization, "Invalid last non-pad Base64 character dectected"},
	} {
		var v Value
		err := json.Unmarshal([]byte(tc.refused), &v)
		refusal, ok := errors.AsType[*Error](err)
		if !ok || refusal.Code != tc.code || refusal.Message != tc.message {
			t.Errorf("%s: got %v\nwant %s: %s", tc.refused, err, tc.code, tc.message)
		}
		if err := json.Unmarshal([]byte(tc.control), &v); err != nil {
			t.Errorf("control %s: %v", tc.control, err)
		}
	}
}

func TestMalformedItemJSONIsASyntaxError(t *testing.T) {
	for _, tc := range []struct{ name, refused, control string }{
		{"the same type twice", `{"a":{"S":"x","S":"x"}}`, `{"a":{"S":"x"}}`},
		{"the same attribute twice", `{"a":{"S":"x"},"a":{"S":"x"}}`, `{"a":{"S":"x"},"b":{"S":"x"}}`},
		{"the same nested attribute twice", `{"a":{"M":{"b":{"S":"x"},"b":{"S":"x"}}}}`, `{"a":{"M":{"b":{"S":"x"},"c":{"S":"x"}}}}`},
		{"the same attribute escaped", `{"a":{"S":"x"},"\u0061":{"S":"x"}}`, `{"a":{"S":"x"},"\u0062":{"S":"x"}}`},
		{"half a surrogate pair", `{"a":{"S":"\ud800"}}`, `{"a":{"S":"\ud83d\ude00"}}`},
		{"invalid UTF-8", "{\"a\":{\"S\":\"\xff\"}}", `{"a":{"S":"ÿ"}}`},
		{"trailing data", `{"a":{"S":"x"}} {}`, `{"a":{"S":"x"}} `},
		{"unterminated", `{"a":{"S":"x"}`, `{"a":{"S":"x"}}`},
	} {
		if item, err := ParseItem([]byte(tc.refused)); err == nil {
			t.Errorf("%s: ParseItem(%s) = %v, want an error", tc.name, tc.refused, item)
		} else if refusal, ok := errors.AsType[*Error](err); ok {
			t.Errorf("%s: ParseItem(%s) = %v, want a syntax error", tc.name, tc.refused, refusal)
		}
		if _, err := ParseItem([]byte(tc.control)); err != nil {
			t.Errorf("%s: control %s: %v", tc.name, tc.control, err)
		}
	}
}

func nested(lists int, leaf string) string {
	return `{"a":` + strings.Repeat(`{"L":[`, lists) + leaf + strings.Repeat(`]}`, lists) + `}`
}

func TestItemsNestAtMost32Levels(t *testing.T) {
	for _, tc := range []struct {
		lists int
		leaf  string
		legal bool
	}{
		{31, `{"S":"x"}`, true},
		{31, `{"SS":["x"]}`, true},
		{31, `{"L":[]}`, false},
		{31, `{"M":{}}`, false},
		{30, `{"L":[]}`, true},
		{32, `{"S":"x"}`, false},
		{5000, `{"S":"x"}`, false},
	} {
		item, err := ParseItem([]byte(nested(tc.lists, tc.leaf)))
		switch {
		case tc.legal && err != nil:
			t.Errorf("%d lists around %s: %v", tc.lists, tc.leaf, err)
		case tc.legal && item["a"].Depth() >= MaxNesting:
			t.Errorf("%d lists around %s: Depth = %d", tc.lists, tc.leaf, item["a"].Depth())
		case !tc.legal && !errors.Is(err, errNesting):
			t.Errorf("%d lists around %s: got %v, want %v", tc.lists, tc.leaf, err, errNesting)
		}
	}
}

func TestAttributeNamesAreUnder65536Bytes(t *testing.T) {
	item := func(n int) []byte { return []byte(`{"` + strings.Repeat("a", n) + `":{"S":""}}`) }
	if _, err := ParseItem(item(65535)); err != nil {
		t.Errorf("65535 bytes: %v", err)
	}
	if _, err := ParseItem(item(65536)); !errors.Is(err, errLongName) {
		t.Errorf("65536 bytes: got %v, want %v", err, errLongName)
	}
}

func TestZeroValueIsNotWritten(t *testing.T) {
	if b, err := json.Marshal(Item{"a": {}}); err == nil {
		t.Errorf("Marshal = %s, want an error", b)
	}
}

func FuzzValueJSON(f *testing.F) {
	f.Add([]byte(`{"a":{"N":"-1.50e3"},"b":{"L":[{"B":"AAE="},{"SS":["x","y"]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var item Item
		var err error
		alloctest.Bound(t, len(data), func() { item, err = ParseItem(data) })
		if err != nil {
			return
		}
		written, err := json.Marshal(item)
		if err != nil {
			t.Fatalf("%s was read but not written: %v", data, err)
		}
		again, err := ParseItem(written)
		if err != nil || !again.Equal(item) {
			t.Fatalf("%s was written as %s, which reads as %v, %v", data, written, again, err)
		}
		if item.Size() != again.Size() {
			t.Fatalf("%s: size %d, after a round trip %d", data, item.Size(), again.Size())
		}
	})
}
