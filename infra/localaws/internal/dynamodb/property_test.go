package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

var tenants = []string{"yellow", "blue", "green"}

// Every partition that an answer hands out or changes must be among the LeadingKeys that the policy
// decided on, for whatever request the reading lets through.
func TestNothingIsTouchedOutsideOfTheLeadingKeys(t *testing.T) {
	s := newIndexed(t)
	touchedBy := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		for _, tenant := range tenants {
			for i := range 3 {
				put(t, s, tenant, fmt.Sprint(i), fmt.Sprintf(`"a":{"S":"of-%s"},"Carrier":{"S":"%s"},"Weight":{"N":"%d"}`, tenant, tenants[i], i))
			}
		}
		for range 100 {
			operation, body := drawRequest(rt)
			touchedBy[partitionOf(body)] += touchesWhatItNames(rt, s, operation, body)
		}
	})
	if touchedBy["TenantID"] == 0 || touchedBy["Carrier"] == 0 {
		t.Errorf("requests touched %v: the property was not put to the test for the table and for an index", touchedBy)
	}
}

// touchesWhatItNames answers a request, and returns how many partitions it touched.
func touchesWhatItNames(t *rapid.T, s *Service, operation, body string) int {
	call, err := read(s, operation, body)
	if err != nil {
		return 0
	}
	known, keys := true, map[string]bool{}
	for _, p := range call.Permissions {
		switch f := keyFacts(p, leadingKeys); f {
		case "?":
			known = false
		case "-":
			t.Fatalf("%s %s: LeadingKeys is absent", operation, body)
		default:
			for _, key := range strings.Fields(strings.Trim(f, "[]")) {
				keys[key] = true
			}
		}
	}
	before := contents(t, s)
	resp, err := call.Answer(t.Context())
	if err != nil {
		return 0
	}
	reached := touched(t, before, contents(t, s), resp.Body, partitionOf(body))
	for _, tenant := range reached {
		if !known || !keys[tenant] {
			t.Fatalf("%s %s touched %s; LeadingKeys %v, known %t", operation, body, tenant, slices.Collect(maps.Keys(keys)), known)
		}
	}
	return len(reached)
}

// contents is every stored item of TrackingData, by its key.
func contents(t *rapid.T, s *Service) map[string]string {
	out := map[string]string{}
	err := s.store.View(func(tx store.Tx) error {
		items, _ := tx.Items(s.store.Table("TrackingData"))
		for key, value := range items.In(store.Span{}, false) {
			out[string(key)] = string(value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// touched are the partitions of the items in a response, and of those that differ.
func touched(t *rapid.T, before, after map[string]string, body []byte, partition string) []string {
	var out []string
	for _, tenant := range tenants {
		if strings.Contains(string(body), `"`+partition+`":{"S":"`+tenant+`"`) || partition == "TenantID" && strings.Contains(string(body), "of-"+tenant) {
			out = append(out, tenant)
		}
	}
	for _, keys := range []map[string]string{before, after} {
		for key := range keys {
			if before[key] == after[key] {
				continue
			}
			partition, _, err := attr.ReadKey(attr.S, []byte(key))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, partition.Text())
		}
	}
	return out
}

// object is JSON that keeps the order of its members, and may have one twice.
type object []string

func (o object) String() string { return "{" + strings.Join(o, ",") + "}" }

func member(name string, value any) string {
	if s, ok := value.(string); ok {
		quoted, _ := json.Marshal(s)
		value = string(quoted)
	}
	return fmt.Sprintf(`"%s":%v`, name, value)
}

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func maybe(t *rapid.T, label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }

func drawValue(t *rapid.T, of ...string) object {
	return object{member("S", pick(t, "value", of...))}
}

func drawKey(t *rapid.T) object {
	key := object{
		member("TenantID", drawValue(t, tenants...)),
		member("ShipmentID", drawValue(t, "0", "1", "2", "3", "yellow")),
	}
	switch rapid.IntRange(0, 19).Draw(t, "fault") {
	case 0:
		return key[1:]
	case 1:
		return append(key, member("TenantID", drawValue(t, tenants...)))
	case 2:
		return append(key, member("tenantid", drawValue(t, tenants...)))
	case 3:
		return object{member("TenantID", drawValue(t, "1", "2")), member("ShipmentID", drawValue(t, tenants...))}
	}
	return key
}

func drawItem(t *rapid.T) object {
	item := append(drawKey(t), member("a", drawValue(t, "x")))
	if maybe(t, "carried") {
		item = append(item, member("Carrier", drawValue(t, tenants...)))
	}
	return item
}

func drawTable(t *rapid.T) string {
	return pick(t, "table", "TrackingData", "TrackingData", "TrackingData", trackingARN)
}

// drawRequest draws an operation on items, with its keys by name, alias, number of terms and parameter.
func drawRequest(t *rapid.T) (operation, body string) {
	operation = pick(t, "operation", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Query", "BatchGetItem",
		"BatchWriteItem", "TransactGetItems", "TransactWriteItems")
	switch operation {
	case "Query":
		return operation, drawQuery(t).String()
	case "BatchGetItem":
		return operation, batch(t, func() string { return member("Keys", list(t, func() string { return drawKey(t).String() })) })
	case "BatchWriteItem":
		return operation, batch(t, nil)
	case "TransactGetItems":
		return operation, object{member("TransactItems", list(t, func() string {
			return object{member("Get", single(t, "GetItem"))}.String()
		}))}.String()
	case "TransactWriteItems":
		return operation, object{member("TransactItems", list(t, func() string { return transactEntry(t).String() }))}.String()
	}
	return operation, single(t, operation).String()
}

func list(t *rapid.T, one func() string) string {
	entries := make([]string, rapid.IntRange(1, 3).Draw(t, "entries"))
	for i := range entries {
		entries[i] = one()
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func batch(t *rapid.T, keys func() string) string {
	tables := object{}
	for range rapid.IntRange(1, 2).Draw(t, "tables") {
		entries := ""
		if keys != nil {
			entries = "{" + keys() + "}"
		} else {
			entries = list(t, func() string {
				if maybe(t, "delete") {
					return object{member("DeleteRequest", object{member("Key", drawKey(t))})}.String()
				}
				return object{member("PutRequest", object{member("Item", drawItem(t))})}.String()
			})
		}
		tables = append(tables, member(pick(t, "table", "TrackingData", "Other", trackingARN), entries))
	}
	return object{member("RequestItems", tables)}.String()
}

func transactEntry(t *rapid.T) object {
	action := pick(t, "action", "Put", "Update", "Delete", "ConditionCheck")
	entry := object{member(action, single(t, action))}
	if maybe(t, "second action") {
		entry = append(entry, member("Delete", single(t, "Delete")))
	}
	return entry
}

func single(t *rapid.T, action string) object {
	o := object{member("TableName", drawTable(t))}
	if strings.HasPrefix(action, "Put") {
		o = append(o, member("Item", drawItem(t)))
	}
	if !strings.HasPrefix(action, "Put") || maybe(t, "decoy key") {
		o = append(o, member("Key", drawKey(t)))
	}
	if strings.HasPrefix(action, "Update") {
		o = append(o, member("UpdateExpression", pick(t, "update", "SET b = TenantID", "REMOVE a", "SET Carrier = TenantID", "SET TenantID = ShipmentID", "SET ShipmentID = a")))
	}
	if action == "ConditionCheck" || action != "GetItem" && maybe(t, "condition") {
		o = append(o, member("ConditionExpression", pick(t, "condition", "attribute_exists(a)", "attribute_not_exists(zz)")))
	}
	if strings.HasSuffix(action, "Item") && action != "GetItem" && maybe(t, "returns") {
		o = append(o, member("ReturnValues", pick(t, "returns", "ALL_OLD", "ALL_NEW", "UPDATED_NEW")))
	}
	if maybe(t, "returns old") {
		o = append(o, member("ReturnValuesOnConditionCheckFailure", "ALL_OLD"))
	}
	return o
}

func drawQuery(t *rapid.T) object {
	o := object{member("TableName", drawTable(t))}
	names, start, partition, sort := []string{"TenantID", "#p", "#s", "ShipmentID"}, drawKey(t), "TenantID", "ShipmentID"
	if rapid.Bool().Draw(t, "index") {
		o = append(o, member("IndexName", pick(t, "index name", "ByCarrier", "CarrierKeys", "CarrierKeys", "LocalKeys", "Nope")))
		names, start = []string{"TenantID", "Carrier", "#p", "#p", "#s"}, append(start, member("Carrier", drawValue(t, tenants...)))
		partition, sort = partitionOf(o.String()), "Carrier"
	}
	if maybe(t, "start") {
		o = append(o, member("ExclusiveStartKey", start))
	}
	if maybe(t, "backward") {
		o = append(o, member("ScanIndexForward", false))
	}
	if maybe(t, "limit") {
		o = append(o, member("Limit", rapid.IntRange(1, 3).Draw(t, "n")))
	}
	if maybe(t, "legacy") {
		return append(o, member("KeyConditions", object{member(pick(t, "legacy name", partition, partition, "TenantID"), object{
			member("ComparisonOperator", pick(t, "op", "EQ", "EQ", "GE", "NE", "IN")),
			member("AttributeValueList", list(t, func() string { return drawValue(t, tenants...).String() })),
		})}))
	}
	terms := make([]string, rapid.IntRange(1, 2).Draw(t, "terms"))
	for i := range terms {
		name := pick(t, "name", names...)
		terms[i] = fmt.Sprintf(pick(t, "term", "%s = :v%d", "%s = :v%d", "%s = :v%d", "%s >= :v%d", "begins_with(%s, :v%d)"), name, i)
	}
	condition := strings.Join(terms, pick(t, "joined", " AND ", " AND ", " AND ", " OR "))
	values := object{}
	for i := range terms {
		values = append(values, member(fmt.Sprintf(":v%d", i), drawValue(t, append([]string{"0"}, tenants...)...)))
	}
	o = append(o, member("KeyConditionExpression", condition), member("ExpressionAttributeValues", values))
	return append(o, aliases(condition, pick(t, "#p", partition, partition, sort), pick(t, "#s", partition, sort))...)
}

// aliases is the member that says what #p and #s stand for, where the condition has them.
func aliases(condition, p, s string) object {
	names := object{}
	if strings.Contains(condition, "#p") {
		names = append(names, member("#p", p))
	}
	if strings.Contains(condition, "#s") {
		names = append(names, member("#s", s))
	}
	if len(names) == 0 {
		return nil
	}
	return object{member("ExpressionAttributeNames", names)}
}
