package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
)

const fast = `"Carrier":{"S":"fast"},`

// indexQuery is a Query of the partition "fast" of a global index, or of yellow's of a local one.
func indexQuery(index, more string) string {
	name, value := "Carrier", "fast"
	if strings.HasPrefix(index, "Local") {
		name, value = "TenantID", "yellow"
	}
	return query + `"IndexName":"` + index + `","KeyConditionExpression":"` + name + ` = :k","ExpressionAttributeValues":{":k":{"S":"` + value + `"}}` + more
}

func TestAnIndexIsSparseAndHoldsDuplicatesInTheOrderOfItsKeyThenTheTables(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "3", fast+`"Weight":{"N":"2"}`)
	put(t, s, "yellow", "1", fast+`"Weight":{"N":"10"}`)
	put(t, s, "blue", "9", fast+`"Weight":{"N":"2"}`)
	put(t, s, "yellow", "2", fast+`"Weight":{"N":"2"}`)
	put(t, s, "yellow", "4", fast+`"Note":{"S":"no weight"}`)
	put(t, s, "yellow", "5", `"Weight":{"N":"1"}`)
	for _, row := range []struct{ index, forward string }{
		{"ByCarrier", "9 2 3 1"},
		{"CarrierKeys", "9 1 2 3 4"},
		{"LocalAll", "5 2 3 1"},
		{"LocalKeys", "1 2 3 4"},
	} {
		want := strings.Fields(row.forward)
		if got := ask(t, s, "Query", indexQuery(row.index, `}`)).texts("ShipmentID"); got != row.forward {
			t.Errorf("%s: got %q, want %q", row.index, got, row.forward)
		}
		slices.Reverse(want)
		if got, want := ask(t, s, "Query", indexQuery(row.index, `,"ScanIndexForward":false}`)).texts("ShipmentID"), strings.Join(want, " "); got != want {
			t.Errorf("%s backward: got %q, want %q", row.index, got, want)
		}
	}
	must(t, s, "DeleteItem", getOf+`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"2"}}}`)
	must(t, s, "UpdateItem", getOf+`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"3"}},"UpdateExpression":"SET Weight = :w","ExpressionAttributeValues":{":w":{"N":"11"}}}`)
	must(t, s, "UpdateItem", getOf+`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"}},"UpdateExpression":"REMOVE Weight"}`)
	if got, want := ask(t, s, "Query", indexQuery("ByCarrier", `}`)).texts("ShipmentID"), "9 3"; got != want {
		t.Errorf("after the changes: got %q, want %q", got, want)
	}
}

func TestLastEvaluatedKeyOfAnIndexHasItsKeyAndTheTables(t *testing.T) {
	s := newIndexed(t)
	for i := range 5 {
		put(t, s, "yellow", fmt.Sprint(i), fast+`"Weight":{"N":"7"}`)
	}
	for _, row := range []struct{ operation, body, want string }{
		{"Query", indexQuery("ByCarrier", ``), `{"Carrier":{"S":"fast"},"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"},"Weight":{"N":"7"}}`},
		{"Query", indexQuery("CarrierKeys", ``), `{"Carrier":{"S":"fast"},"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"}}`},
		{"Query", indexQuery("LocalKeys", ``), `{"Carrier":{"S":"fast"},"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"}}`},
		{"Scan", query + `"IndexName":"Swapped"`, `{"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"}}`},
	} {
		body := row.body + `,"Limit":2`
		if got := string(ask(t, s, row.operation, body+`}`).LastEvaluatedKey); got != row.want {
			t.Errorf("%s: got %s, want %s", body, got, row.want)
		}
		if got, want := fmt.Sprint(pagesOf(t, s, row.operation, body)), "[[0 1] [2 3] [4]]"; got != want {
			t.Errorf("%s: got pages %s, want %s", body, got, want)
		}
	}
}

func TestAnIndexAnswersWhatItProjectsAndALocalOneFetchesTheRest(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "1", fast+`"Weight":{"N":"7"},"Seal":{"B":"AA=="},"Port":{"S":"Oslo"},"Note":{"S":"n"}`)
	const keys, all = "Carrier ShipmentID TenantID", "Carrier Note Port Seal ShipmentID TenantID Weight"
	seal := query + `"IndexName":"SealSome","KeyConditionExpression":"Seal = :k","ExpressionAttributeValues":{":k":{"B":"AA=="}}`
	for _, row := range []struct{ body, want string }{
		{indexQuery("ByCarrier", ``), all},
		{indexQuery("ByCarrier", `,"Select":"ALL_ATTRIBUTES"`), all},
		{indexQuery("ByCarrier", `,"ProjectionExpression":"Note"`), "Note"},
		{indexQuery("CarrierKeys", ``), keys},
		{indexQuery("CarrierKeys", `,"Select":"ALL_PROJECTED_ATTRIBUTES"`), keys},
		{indexQuery("CarrierKeys", `,"Select":"SPECIFIC_ATTRIBUTES","ProjectionExpression":"ShipmentID"`), "ShipmentID"},
		{indexQuery("CarrierKeys", `,"Select":"COUNT"`), ""},
		{seal, "Port Seal ShipmentID TenantID Weight"},
		{seal + `,"ProjectionExpression":"Port"`, "Port"},
		{indexQuery("LocalKeys", ``), keys},
		{indexQuery("LocalKeys", `,"Select":"ALL_ATTRIBUTES"`), all},
		{indexQuery("LocalKeys", `,"ConsistentRead":true,"ProjectionExpression":"Note, Carrier"`), "Carrier Note"},
		{indexQuery("LocalSome", ``), "Carrier Port ShipmentID TenantID"},
		{indexQuery("LocalSome", `,"Select":"COUNT"`), ""},
	} {
		r := ask(t, s, "Query", row.body+`}`)
		var got []string
		for _, item := range r.Items {
			for name := range item {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != row.want || r.Count != 1 {
			t.Errorf("%s: got %d items of %v, want one of %s", row.body, r.Count, got, row.want)
		}
	}
}

// A Scan's filter sees what the index holds: what it has not is absent, and nothing is refused.
func TestFiltersOfIndexes(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "1", fast+`"Port":{"S":"Oslo"},"Note":{"S":"n"}`)
	put(t, s, "yellow", "2", fast+`"Port":{"S":"Rome"}`)
	for _, row := range []struct {
		operation, index, filter string
		count                    int
	}{
		{"Query", "LocalSome", "Port = :f", 1},
		{"Query", "CarrierKeys", "ShipmentID <> :f", 2},
		{"Scan", "LocalSome", "Port = :f", 1},
		{"Scan", "LocalSome", "attribute_exists(Note) AND Port = :f", 0},
		{"Scan", "CarrierKeys", "Port = :f", 0},
		{"Scan", "CarrierKeys", "Carrier <> :f", 2},
	} {
		values := `{":f":{"S":"Oslo"}}`
		body := query + `"IndexName":"` + row.index + `","ExpressionAttributeValues":` + values + `,"FilterExpression":"` + row.filter + `"}`
		if row.operation == "Query" {
			body = strings.Replace(indexQuery(row.index, `,"FilterExpression":"`+row.filter+`"}`), `":k":`, `":f":{"S":"Oslo"},":k":`, 1)
		}
		if r := ask(t, s, row.operation, body); r.Count != row.count || r.ScannedCount != 2 {
			t.Errorf("%s: got Count %d of %d, want %d of 2", body, r.Count, r.ScannedCount, row.count)
		}
	}
}

func TestAPageOfAnIndexHoldsOneMegabyteOfWhatItReads(t *testing.T) {
	s := newIndexed(t)
	for i := range 7 {
		put(t, s, "yellow", fmt.Sprint(i), fast+`"Weight":{"N":"1"},"Load":{"S":"`+strings.Repeat("x", 300<<10)+`"}`)
	}
	for _, row := range []struct{ body, want string }{
		{indexQuery("ByCarrier", `,"ProjectionExpression":"ShipmentID"`), "[[0 1 2] [3 4 5] [6]]"},
		{indexQuery("CarrierKeys", ``), "[[0 1 2 3 4 5 6]]"},
		{indexQuery("LocalKeys", ``), "[[0 1 2 3 4 5 6]]"},
		{indexQuery("LocalKeys", `,"Select":"ALL_ATTRIBUTES"`), "[[0 1 2 3] [4 5 6]]"}, // the entry of an item fits when the item does not
	} {
		if got := fmt.Sprint(pagesOf(t, s, "Query", row.body)); got != row.want {
			t.Errorf("%s: got pages %s, want %s", row.body, got, row.want)
		}
	}
}

func TestSegmentsOfAnIndexScanAreDisjointAndComplete(t *testing.T) {
	s := newIndexed(t)
	for i := range 30 {
		put(t, s, "yellow", fmt.Sprint(i), fmt.Sprintf(`"Carrier":{"S":"c%d"}`, i%10))
	}
	seen := map[string]int{}
	for segment := range 3 {
		carriers := map[string]bool{}
		for _, page := range pagesOf(t, s, "Scan", fmt.Sprintf(query+`"IndexName":"CarrierKeys","Limit":4,"TotalSegments":3,"Segment":%d`, segment)) {
			for _, id := range page {
				seen[id]++
				carriers[id[len(id)-1:]] = true
			}
		}
		if len(carriers) == 10 {
			t.Errorf("segment %d has every partition", segment)
		}
	}
	if len(seen) != 30 {
		t.Errorf("got %d items, want 30", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("item %s is in %d segments", id, n)
		}
	}
}

func TestConsumedCapacityCountsIndexes(t *testing.T) {
	s := newService(t)
	must(t, s, "CreateTable", createIndexed("TrackingData", indexedAttributes[:4], gsi("LocalKeys", "KEYS_ONLY", "TenantID", "Carrier"), gsi("ByCarrier", "ALL", "Carrier", "Weight")))
	const note, slow = `"Weight":{"N":"1"},"Note":{"S":"n"}`, `"Carrier":{"S":"slow"},`
	load := `"Weight":{"N":"1"},"Load":{"S":"` + strings.Repeat("x", 5000) + `"}`
	key := getOf + yellow1
	for _, row := range []struct{ what, operation, body, want string }{
		{"inserted into both", "PutItem", putOf("yellow", "1", fast+`"Weight":{"N":"1"}`), "3: table 1, LocalKeys 1, ByCarrier 1"},
		{"the same again", "PutItem", putOf("yellow", "1", fast+`"Weight":{"N":"1"}`), "1: table 1"},
		{"what one projects", "PutItem", putOf("yellow", "1", fast+note), "2: table 1, ByCarrier 1"},
		{"moved in both", "PutItem", putOf("yellow", "1", slow+note), "5: table 1, LocalKeys 2, ByCarrier 2"},
		{"moved in one", "UpdateItem", key + `,"UpdateExpression":"SET Weight = :w","ExpressionAttributeValues":{":w":{"N":"2"}}}`, "3: table 1, ByCarrier 2"},
		{"a batch", "BatchWriteItem", `{"RequestItems":{"TrackingData":[{"PutRequest":` + strings.Replace(putOf("yellow", "1", fast+load), `"TableName":"TrackingData",`, ``, 1) + `}]}}`, "13: table 5, LocalKeys 2, ByCarrier 6"},
		{"a transaction", "TransactWriteItems", `{"TransactItems":[{"Put":` + putOf("yellow", "1", fast+load+`,"Note":{"S":"n"}`) + `}]}`, "20: table 10, ByCarrier 10"},
		{"a global index", "Query", indexQuery("ByCarrier", `}`), "1: table 0, ByCarrier 1"},
		{"a local index", "Query", indexQuery("LocalKeys", `}`), "0.5: table 0, LocalKeys 0.5"},
		{"a local index, consistent", "Query", indexQuery("LocalKeys", `,"ConsistentRead":true}`), "1: table 0, LocalKeys 1"},
		{"fetched from the table", "Query", indexQuery("LocalKeys", `,"Select":"ALL_ATTRIBUTES"}`), "1.5: table 1, LocalKeys 0.5"},
		{"removed from both", "DeleteItem", key + `}`, "11: table 5, LocalKeys 1, ByCarrier 5"},
	} {
		text := must(t, s, row.operation, strings.TrimSuffix(row.body, "}")+`,"ReturnConsumedCapacity":"INDEXES"}`)
		if got := spent(t, text); got != row.want {
			t.Errorf("%s: got %s, want %s", row.what, got, row.want)
		}
	}
}

// spent words the ConsumedCapacity of an answer.
func spent(t *testing.T, text string) string {
	t.Helper()
	var out struct{ ConsumedCapacity json.RawMessage }
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	var c capacity.Consumed
	if err := json.Unmarshal([]byte(strings.Trim(string(out.ConsumedCapacity), "[]")), &c); err != nil {
		t.Fatalf("%s: %v", out.ConsumedCapacity, err)
	}
	words := fmt.Sprintf("%v: table %v", c.CapacityUnits, c.Table.CapacityUnits)
	for _, of := range []map[string]capacity.Units{c.LocalSecondaryIndexes, c.GlobalSecondaryIndexes} {
		for name, units := range of {
			words += fmt.Sprintf(", %s %v", name, units.CapacityUnits)
		}
	}
	return words
}

func TestRangesOfAnIndexHoldAllItemsOfTheirBounds(t *testing.T) {
	s := newIndexed(t)
	for i, carrier := range []string{"a", "b", "b", "ba", "c", "c", "d"} {
		put(t, s, "yellow", fmt.Sprint(i), `"Carrier":{"S":"`+carrier+`"}`)
	}
	for _, row := range []struct{ condition, want string }{
		{"Carrier BETWEEN :a AND :z", "1 2 3 4 5"},
		{"Carrier BETWEEN :a AND :a AND TenantID = :k", "1 2"},
		{"begins_with(Carrier, :a)", "1 2 3"},
	} {
		values := `":a":{"S":"b"},`
		if strings.Contains(row.condition, ":z") {
			values += `":z":{"S":"c"},`
		}
		if !strings.Contains(row.condition, ":k") {
			row.condition += " AND TenantID = :k"
		}
		body := strings.NewReplacer("TenantID = :k", row.condition, `{":k"`, `{`+values+`":k"`).Replace(indexQuery("LocalKeys", `}`))
		if got := ask(t, s, "Query", body).texts("ShipmentID"); got != row.want {
			t.Errorf("%s: got %q, want %q", row.condition, got, row.want)
		}
	}
}
