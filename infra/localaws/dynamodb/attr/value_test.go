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
