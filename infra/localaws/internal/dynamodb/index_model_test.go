package dynamodb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// model is a store beside a map of the items that it should have.
type model struct {
	*rapid.T
	s     *Service
	items map[string]attr.Item
	late  bool
}

func drawModelItem(t *rapid.T) attr.Item {
	item := attr.Item{"TenantID": attr.String(pick(t, "tenant", tenants...)), "ShipmentID": attr.String(pick(t, "shipment", "1", "2", "10", "\x00", "ä"))}
	for _, name := range slices.Sorted(maps.Keys(modelValues)) { // a replay must draw in the same order
		if values := modelValues[name]; rapid.Bool().Draw(t, name) {
			item[name] = pick(t, name, values...)
		}
	}
	return item
}

var modelValues = map[string][]attr.Value{
	"Carrier": {attr.String("yellow"), attr.String("blue"), attr.String("bl"), attr.String("x\x00y"), attr.String("x")},
	"Weight":  {number("1"), number("-20"), number("10"), number("9.5"), number("0"), number("1e3")},
	"Seal":    {bytesOf("AA=="), bytesOf("AP8="), bytesOf("/w==")},
	"Port":    {attr.String("p"), attr.String("q"), number("5"), attr.String("")},
	"Note":    {attr.String("n"), parsed(`{"BOOL":true}`)},
}

func number(text string) attr.Value { return parsed(`{"N":"` + text + `"}`) }

func bytesOf(text string) attr.Value { return parsed(`{"B":"` + text + `"}`) }

func parsed(value string) attr.Value {
	item, err := attr.ParseItem([]byte(`{"n":` + value + `}`))
	if err != nil {
		panic(err)
	}
	return item["n"]
}

func identityOf(item attr.Item) string {
	return item["TenantID"].Text() + "/" + item["ShipmentID"].Text()
}

func keyOf(item attr.Item) attr.Item {
	return attr.Item{"TenantID": item["TenantID"], "ShipmentID": item["ShipmentID"]}
}

// refused reports whether an index that is there refuses the item.
func (m *model) refused(item attr.Item) bool {
	v, ok := item["Port"]
	return m.late && ok && (v.Kind() != attr.S || v.Text() == "")
}

// write asks for a write that the indexes may refuse, and notes the items that it makes.
func (m *model) write(operation, body string, refused bool, done func()) {
	_, err := do(m.s, operation, body)
	if (err != nil) != refused {
		m.Fatalf("%s %s: got %v, want refused %t", operation, body, err, refused)
	}
	if err == nil {
		done()
	}
}

func wire(v any) string {
	text, err := jsonv2.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (m *model) put() {
	item := drawModelItem(m.T)
	m.write("PutItem", `{"TableName":"TrackingData","Item":`+wire(item)+`}`, m.refused(item), func() { m.items[identityOf(item)] = item })
}

func (m *model) remove() {
	key := keyOf(drawModelItem(m.T))
	m.write("DeleteItem", `{"TableName":"TrackingData","Key":`+wire(key)+`}`, false, func() { delete(m.items, identityOf(key)) })
}

func (m *model) update() {
	item, name := drawModelItem(m.T), pick(m.T, "updated", "Carrier", "Weight", "Seal", "Port", "Note")
	old, exists := m.items[identityOf(item)]
	next := old.Clone()
	for k, v := range keyOf(item) {
		next[k] = v
	}
	body, refused, makes := `{"TableName":"TrackingData","Key":`+wire(keyOf(item)), false, true
	if v, ok := item[name]; ok {
		refused = name == "Port" && m.refused(item) && !v.Equal(next[name])
		next[name] = v
		body += `,"UpdateExpression":"SET #n = :v","ExpressionAttributeValues":` + wire(attr.Item{":v": v})
	} else {
		delete(next, name)
		makes = exists // what only removes makes no item
		body += `,"UpdateExpression":"REMOVE #n"`
	}
	m.write("UpdateItem", body+`,"ExpressionAttributeNames":{"#n":"`+name+`"}}`, refused, func() {
		if makes {
			m.items[identityOf(item)] = next
		}
	})
}

// several puts one item and deletes another in a batch or a transaction, which a refusal undoes whole.
func (m *model) several() {
	item, gone := drawModelItem(m.T), drawModelItem(m.T)
	if identityOf(item) == identityOf(gone) {
		return
	}
	put, key, operation := `"Item":`+wire(item)+`}`, `"Key":`+wire(keyOf(gone))+`}`, "BatchWriteItem"
	body := `{"RequestItems":{"TrackingData":[{"DeleteRequest":{` + key + `},{"PutRequest":{` + put + `}]}}`
	if rapid.Bool().Draw(m.T, "transaction") {
		operation = "TransactWriteItems"
		body = `{"TransactItems":[{"Delete":{"TableName":"TrackingData",` + key + `},{"Put":{"TableName":"TrackingData",` + put + `}]}`
	}
	m.write(operation, body, m.refused(item), func() {
		delete(m.items, identityOf(gone))
		m.items[identityOf(item)] = item
	})
}

func (m *model) alter() {
	body := `{"TableName":"TrackingData","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"Late"}}]}`
	if !m.late {
		body = `{"TableName":"TrackingData","AttributeDefinitions":[{"AttributeName":"Port","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":` +
			gsi(lateIndex.name, lateIndex.project, lateIndex.keys()...) + `}]}`
	}
	m.write("UpdateTable", body, false, func() { m.late = !m.late })
}

func (m *model) indexes() []modelIndex {
	if m.late {
		return append(slices.Clone(modelIndexes), lateIndex)
	}
	return modelIndexes
}

// all asks for every page, and returns the items as they are on the wire.
func (m *model) all(operation, body string) []string {
	var out []string
	for start := ""; ; {
		text, err := do(m.s, operation, body+start+`}`)
		if err != nil {
			m.Fatalf("%s %s%s: %v", operation, body, start, err)
		}
		var page struct{ Items, LastEvaluatedKey json.RawMessage }
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			m.Fatal(err)
		}
		if err := json.Unmarshal(page.Items, &items); err != nil {
			m.Fatal(err)
		}
		for _, item := range items {
			out = append(out, string(item))
		}
		if page.LastEvaluatedKey == nil {
			return out
		}
		start = `,"ExclusiveStartKey":` + string(page.LastEvaluatedKey)
	}
}

func (m *model) same(what string, got []string, rows []attr.Item) {
	want := make([]string, len(rows))
	for i, row := range rows {
		want[i] = wire(row)
	}
	if !slices.Equal(got, want) {
		m.Fatalf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func (m *model) check() {
	for _, x := range m.indexes() {
		rows := x.rows(m.items)
		body := fmt.Sprintf(`{"TableName":"TrackingData","IndexName":"%s","Limit":%d`, x.name, rapid.IntRange(1, 5).Draw(m.T, "limit"))
		m.same("Scan of "+x.name, m.all("Scan", body), rows)
		size := int64(0)
		for _, row := range rows {
			size += int64(row.Size())
		}
		if sum, err := m.s.store.Sizes(m.s.store.Table("TrackingData")); err != nil || sum.Indexes[x.name] != (store.Totals{Items: int64(len(rows)), Bytes: size}) {
			m.Fatalf("%s: got sizes %v, %v, want %d entries of %d bytes", x.name, sum.Indexes, err, len(rows), size)
		}
	}
}

// query compares a random Query of a random index with what the model sorts out.
func (m *model) query() {
	x := pick(m.T, "index", m.indexes()...)
	values := func(name string) []attr.Value {
		switch name {
		case "TenantID":
			return []attr.Value{attr.String("yellow"), attr.String("blue")}
		case "ShipmentID":
			return []attr.Value{attr.String("1"), attr.String("10"), attr.String("\x00")}
		case "Port":
			return []attr.Value{attr.String("p"), attr.String("q")}
		}
		return modelValues[name]
	}
	of := pick(m.T, "partition", values(x.partition)...)
	condition, bound := "#p = :p", attr.Item{":p": of}
	holds := func(attr.Item) bool { return true }
	if x.sort != "" && rapid.Bool().Draw(m.T, "with sort key") {
		v := pick(m.T, "sort", values(x.sort)...)
		op := pick(m.T, "op", "=", "<", "<=", ">", ">=")
		condition, bound[":s"] = condition+" AND #s "+op+" :s", v
		holds = func(row attr.Item) bool {
			order := compareModel(row[x.sort], v)
			return map[string]bool{"=": order == 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[op]
		}
	}
	rows := slices.DeleteFunc(x.rows(m.items), func(row attr.Item) bool { return !row[x.partition].Equal(of) || !holds(row) })
	names := `"#p":"` + x.partition + `"`
	if bound[":s"].Kind() != attr.Invalid {
		names += `,"#s":"` + x.sort + `"`
	}
	forward := rapid.Bool().Draw(m.T, "forward")
	if !forward {
		slices.Reverse(rows)
	}
	body := fmt.Sprintf(`{"TableName":"TrackingData","IndexName":"%s","KeyConditionExpression":"%s","ExpressionAttributeNames":{%s},"ExpressionAttributeValues":%s,"ScanIndexForward":%t,"Limit":%d`,
		x.name, condition, names, wire(bound), forward, rapid.IntRange(1, 4).Draw(m.T, "limit"))
	m.same(body, m.all("Query", body), rows)
}

func TestIndexesHoldWhatAModelComputesFromTheItems(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{T: rt, s: newIndexed(t), items: map[string]attr.Item{}}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			step := rapid.IntRange(0, 11).Draw(rt, "step")
			[]func(){m.put, m.put, m.put, m.put, m.update, m.update, m.update, m.several, m.several, m.remove, m.query, m.alter}[step]()
		}
		m.check()
		for range 5 {
			m.query()
		}
	})
}
