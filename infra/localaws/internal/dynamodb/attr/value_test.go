package attr

import (
	"testing"

	"github.com/go-json-experiment/json"
)

func TestItemRoundTripsThroughJSON(t *testing.T) {
	const src = `{"a":{"S":"x"},"b":{"N":"-12.50"},"c":{"B":"AP8="},"d":{"BOOL":true},"e":{"NULL":true},` +
		`"f":{"L":[{"S":""},{"M":{"z":{"N":"1e3"}}}]},"g":{"SS":["p","q"]},"h":{"NS":["1","2.0"]},"i":{"BS":["AA==",""]}}`
	const want = `{"a":{"S":"x"},"b":{"N":"-12.5"},"c":{"B":"AP8="},"d":{"BOOL":true},"e":{"NULL":true},` +
		`"f":{"L":[{"S":""},{"M":{"z":{"N":"1000"}}}]},"g":{"SS":["p","q"]},"h":{"NS":["1","2"]},"i":{"BS":["AA==",""]}}`
	item, err := ParseItem([]byte(src))
	if err != nil {
		t.Fatalf("ParseItem(%s): %v", src, err)
	}
	got, err := json.Marshal(item)
	if err != nil || string(got) != want {
		t.Fatalf("Marshal = %s, %v\nwant %s", got, err, want)
	}
}

func TestEqualityIgnoresTheOrderOfSets(t *testing.T) {
	parse := func(src string) Value {
		var v Value
		if err := json.Unmarshal([]byte(src), &v); err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		return v
	}
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`{"SS":["a","b"]}`, `{"SS":["b","a"]}`, true},
		{`{"SS":["a","b"]}`, `{"SS":["a","c"]}`, false},
		{`{"SS":["a","b"]}`, `{"SS":["a"]}`, false},
		{`{"NS":["1","20"]}`, `{"NS":["2e1","1.0"]}`, true},
		{`{"SS":["1"]}`, `{"NS":["1"]}`, false},
		{`{"L":[{"S":"a"},{"S":"b"}]}`, `{"L":[{"S":"b"},{"S":"a"}]}`, false},
		{`{"N":"1.50"}`, `{"N":"15e-1"}`, true},
		{`{"N":"1"}`, `{"N":"-1"}`, false},
		{`{"N":"1"}`, `{"N":"10"}`, false},
		{`{"S":"1"}`, `{"N":"1"}`, false},
		{`{"S":"a"}`, `{"B":"YQ=="}`, false},
		{`{"BOOL":true}`, `{"BOOL":false}`, false},
		{`{"BOOL":true}`, `{"NULL":true}`, false},
		{`{"M":{"a":{"NS":["1","2"]}}}`, `{"M":{"a":{"NS":["2","1"]}}}`, true},
		{`{"M":{"a":{"S":"x"}}}`, `{"M":{"b":{"S":"x"}}}`, false},
		{`{"L":[]}`, `{"M":{}}`, false},
	} {
		if got := parse(tc.a).Equal(parse(tc.b)); got != tc.want {
			t.Errorf("%s equals %s: got %v, want %v", tc.a, tc.b, got, tc.want)
		}
	}
}

// The sizes were measured on DynamoDB Local 2.5.4: the length of filling at which a write costs one unit more.
func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		value string
		want  int
	}{
		{`{"S":"abc"}`, 3}, {`{"S":""}`, 0}, {`{"S":"é"}`, 2}, {`{"B":"YWI="}`, 2},
		{`{"N":"0"}`, 1}, {`{"N":"1"}`, 2}, {`{"N":"12"}`, 2}, {`{"N":"123"}`, 3}, {`{"N":"1234"}`, 3}, {`{"N":"12345"}`, 4},
		{`{"N":"-1"}`, 3}, {`{"N":"-12"}`, 3}, {`{"N":"100"}`, 2}, {`{"N":"1000"}`, 2}, {`{"N":"0.1"}`, 2}, {`{"N":"0.01"}`, 2},
		{`{"N":"0.001"}`, 2}, {`{"N":"1.1"}`, 3}, {`{"N":"12.1"}`, 3}, {`{"N":"12.12"}`, 3}, {`{"N":"-0.5"}`, 3},
		{`{"N":"1e125"}`, 2}, {`{"N":"123456789012345678901234567890123456.78"}`, 20}, {`{"N":"1.2345678901234567890123456789012345678"}`, 21},
		{`{"BOOL":true}`, 1}, {`{"NULL":true}`, 1}, {`{"L":[]}`, 3}, {`{"M":{}}`, 3}, {`{"L":[{"S":"ab"}]}`, 6},
		{`{"M":{"k":{"S":"ab"}}}`, 7}, {`{"SS":["a","bc"]}`, 3}, {`{"NS":["1","2"]}`, 4}, {`{"NS":["-1","200"]}`, 5}, {`{"L":[{"L":[]}]}`, 7},
	} {
		item, err := ParseItem([]byte(`{"né":` + tc.value + `}`))
		if err != nil {
			t.Fatalf("%s: %v", tc.value, err)
		}
		if got := item.Size() - len("né"); got != tc.want {
			t.Errorf("size of %s: got %d, want %d", tc.value, got, tc.want)
		}
	}
}

func TestUnionAndWithoutKeepEachMemberOnce(t *testing.T) {
	set := func(members ...string) Value {
		values := make([]Value, len(members))
		for i, m := range members {
			values[i] = String(m)
		}
		v, err := Set(SS, values...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := set("a", "b").Union(set("b", "c")); !got.Equal(set("a", "b", "c")) {
		t.Errorf("union: %v", got)
	}
	if got, ok := set("a", "b").Without(set("b", "c")); !ok || !got.Equal(set("a")) {
		t.Errorf("difference: %v, %v", got, ok)
	}
	if got, ok := set("a", "b").Without(set("b", "a")); ok {
		t.Errorf("difference with all members: %v, want none", got)
	}
}

func BenchmarkParseItem(b *testing.B) {
	src := []byte(`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1001"},"milestones":{"L":[{"M":{"n":{"N":"12.5"},"done":{"BOOL":true}}}]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseItem(src); err != nil {
			b.Fatal(err)
		}
	}
}
