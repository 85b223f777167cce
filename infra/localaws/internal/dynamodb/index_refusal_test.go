package dynamodb

import (
	"fmt"
	"strings"
	"testing"
)

func TestIndexesOfANewTableAreCheckedAsByDynamoDB(t *testing.T) {
	attributes := []string{"TenantID S", "ShipmentID S", "Carrier S"}
	one := gsi("Idx", "ALL", "Carrier")
	many := func(n int, of func(i int) string) string {
		var all []string
		for i := range n {
			all = append(all, of(i))
		}
		return strings.Join(all, ",")
	}
	named := func(i int) string { return gsi(fmt.Sprintf("Idx%d", i), "ALL", "Carrier") }
	local := func(i int) string { return gsi(fmt.Sprintf("Idx%d", i), "ALL", "TenantID", "Carrier") }
	including := func(n int) func(int) string {
		return func(i int) string {
			return gsi(fmt.Sprintf("Idx%d", i), "INCLUDE:"+strings.TrimSpace(strings.ReplaceAll(many(n, func(j int) string { return fmt.Sprintf("n%d", j) }), ",", " ")), "Carrier")
		}
	}
	global := func(in string) string { return createIndexed("NewTable", attributes, "", in) }
	locals := func(in string) string { return createIndexed("NewTable", attributes, in) }
	change := func(old, new string) string { return global(strings.Replace(one, old, new, 1)) }
	const params = "One or more parameter values were invalid: "
	for _, row := range []struct{ refused, text, control string }{
		{global(many(21, named)), params + "GlobalSecondaryIndex count exceeds the per-table limit of 20", global(many(20, named))},
		{locals(many(6, local)), params + "Number of LocalSecondaryIndexes exceeds per-table limit of 5", locals(many(5, local))},
		{strings.Replace(createBody("NewTable", "TenantID", "S", "", ""), `"KeySchema"`, `"GlobalSecondaryIndexes":[],"KeySchema"`, 1), params + "List of GlobalSecondaryIndexes is empty", createBody("NewTable", "TenantID", "S", "", "")},
		{strings.Replace(createBody("NewTable", "TenantID", "S", "", ""), `"KeySchema"`, `"LocalSecondaryIndexes":[],"KeySchema"`, 1), params + "List of LocalSecondaryIndexes is empty", strings.Replace(createBody("NewTable", "TenantID", "S", "", ""), `"KeySchema"`, `"LocalSecondaryIndexes":null,"KeySchema"`, 1)},
		{global(one + "," + one), params + "Duplicate index name: Idx", global(one + "," + strings.Replace(one, "Idx", "idx", 1))},
		{createIndexed("NewTable", attributes, gsi("Idx", "ALL", "TenantID", "Carrier"), one), params + "Duplicate index name: Idx", createIndexed("NewTable", attributes, gsi("Idx2", "ALL", "TenantID", "Carrier"), one)},
		{change(`"IndexName":"Idx",`, ``), "Value null at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must not be null", global(one)},
		{change("Idx", "Id"), "Member must have length greater than or equal to 3", global(one)},
		{change("Idx", strings.Repeat("x", 256)), "Member must have length less than or equal to 255", change("Idx", strings.Repeat("x", 255))},
		{change("Idx", "I/x"), "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", change("Idx", "I.x")},
		{change(`"KeySchema"`, `"Keys"`), "Value null at 'globalSecondaryIndexes.1.member.keySchema'", global(one)},
		{change(`"Projection"`, `"Project"`), "Value null at 'globalSecondaryIndexes.1.member.projection'", global(one)},
		{change(`"ProjectionType":"ALL"`, ``), params + "Unknown ProjectionType: null", global(one)},
		{change(`"ALL"`, `"SOME"`), "Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]", change(`"ALL"`, `"KEYS_ONLY"`)},
		{global(gsi("Idx", "ALL:Port", "Carrier")), params + "ProjectionType is ALL, but NonKeyAttributes is specified", global(gsi("Idx", "INCLUDE:Port", "Carrier"))},
		{global(gsi("Idx", "KEYS_ONLY:Port", "Carrier")), params + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified", global(gsi("Idx", "KEYS_ONLY", "Carrier"))},
		{global(gsi("Idx", "INCLUDE", "Carrier")), params + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified", global(gsi("Idx", "INCLUDE:Port", "Carrier"))},
		{change(`"ALL"`, `"INCLUDE","NonKeyAttributes":[]`), "Member must have length greater than or equal to 1", change(`"ALL"`, `"INCLUDE","NonKeyAttributes":["a"]`)},
		{change(`"ALL"`, `"INCLUDE","NonKeyAttributes":[""]`), "nonKeyAttributes", change(`"ALL"`, `"INCLUDE","NonKeyAttributes":["a"]`)},
		{global(gsi("Idx", "INCLUDE:Port Port", "Carrier")), params + "Duplicate element in NonKeyAttributes: Port", global(gsi("Idx", "INCLUDE:Port port", "Carrier"))},
		{global(including(21)(0)), "Member must have length less than or equal to 20", global(including(20)(0))},
		{global(many(6, including(17))), "exceeds the per-table limit of 100", global(many(5, including(20)))},
		{global(gsi("Idx", "ALL", "Port")), params + "Some index key attributes are not defined in AttributeDefinitions. Keys: [Port], AttributeDefinitions: [Carrier, ShipmentID, TenantID]", global(one)},
		{createIndexed("NewTable", append(attributes, "Port S"), "", one), params + "Some AttributeDefinitions are not used. AttributeDefinitions: [TenantID, ShipmentID, Carrier, Port], keys used: [Carrier, ShipmentID, TenantID]", createIndexed("NewTable", append(attributes, "Port S"), "", gsi("Idx", "ALL", "Carrier", "Port"))},
		{createIndexed("NewTable", attributes, ""), params + "Number of attributes in KeySchema does not exactly match", createIndexed("NewTable", attributes[:2], "")},
		{global(gsi("Idx", "ALL", "Carrier", "Carrier")), "Both the Hash Key and the Range Key element in the KeySchema have the same name", global(gsi("Idx", "ALL", "Carrier", "TenantID"))},
		{global(gsi("Idx", "ALL", "Carrier", "TenantID", "ShipmentID")), "Keys of several attributes are not supported by this store: that of index Idx has 3", global(gsi("Idx", "ALL", "Carrier", "TenantID"))},
		{change(`"HASH"`, `"RANGE"`), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type", global(one)},
		{global(strings.Replace(gsi("Idx", "ALL", "Carrier", "TenantID"), `"RANGE"`, `"HASH"`, 1)), "Keys of several attributes are not supported by this store: that of index Idx has 2", global(gsi("Idx", "ALL", "Carrier", "TenantID"))},
		{locals(gsi("Idx", "ALL", "TenantID")), params + "Index KeySchema does not have a range key for index: Idx", locals(local(0))},
		{locals(gsi("Idx", "ALL", "Carrier", "TenantID")), params + "Index KeySchema does not have the same leading hash key as table KeySchema for index: Idx. index hash key: Carrier, table hash key: TenantID", locals(local(0))},
		{strings.NewReplacer(`,{"AttributeName":"ShipmentID","KeyType":"RANGE"}`, ``, `{"AttributeName":"ShipmentID","AttributeType":"S"},`, ``).Replace(locals(local(0))), params + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex", locals(local(0))},
		{change(`"KeySchema"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"KeySchema"`), params + "ProvisionedThroughput should not be specified for index: Idx when BillingMode is PAY_PER_REQUEST", global(one)},
		{provisioned(global(one)), params + "ProvisionedThroughput is not specified for index: Idx", provisioned(change(`"KeySchema"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"KeySchema"`))},
		{provisioned(change(`"KeySchema"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":0},"KeySchema"`)), "Value '0' at 'globalSecondaryIndexes.1.member.provisionedThroughput.writeCapacityUnits'", provisioned(change(`"KeySchema"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"KeySchema"`))},
	} {
		s := newService(t)
		_, err := do(s, "CreateTable", row.refused)
		wantCode(t, err, invalid, row.text, row.refused)
		if _, err := do(s, "CreateTable", row.control); err != nil {
			t.Errorf("control: got %v for %s", err, row.control)
		}
	}
}

func provisioned(body string) string {
	return strings.Replace(body, `"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`, 1)
}

// update1 is an UpdateItem of yellow's item 1 that sets an attribute.
func update1(name, value string) string {
	return getOf + yellow1 + `,"UpdateExpression":"SET ` + name + ` = :v","ExpressionAttributeValues":{":v":` + value + `}}`
}

func TestAnItemWhoseIndexKeyCannotBeOneIsRefusedAndNothingIsWritten(t *testing.T) {
	const type1 = "Type mismatch for Index Key Carrier Expected: S Actual: N IndexName: LocalKeys"
	put := func(rest string) string { return putOf("yellow", "1", rest) }
	in := func(wrap, rest string) string {
		return strings.Replace(wrap, "ITEM", strings.TrimSuffix(strings.TrimPrefix(put(rest), `{"TableName":"TrackingData",`), `}`), 1)
	}
	const batch = `{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"2"}}}},{"PutRequest":{ITEM}}]}}`
	const transact = `{"TransactItems":[{"Put":{"TableName":"TrackingData","Item":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"2"}}}},{"Put":{"TableName":"TrackingData",ITEM}}]}`
	const number, text, blank = `"Carrier":{"N":"1"}`, `"Carrier":{"S":"1"}`, `"Carrier":{"S":""}`
	long := func(n int) string { return `{"S":"` + strings.Repeat("x", n) + `"}` }
	for _, row := range []struct{ operation, refused, code, text, control string }{
		{"PutItem", put(number), invalid, type1, put(text)},
		{"PutItem", put(`"Carrier":{"NULL":true}`), invalid, "Expected: S Actual: NULL", put(text)},
		{"PutItem", put(`"Weight":{"S":"1"}`), invalid, "Type mismatch for Index Key Weight Expected: N Actual: S IndexName: LocalAll", put(`"Weight":{"N":"1"}`)},
		{"PutItem", put(blank), invalid, "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: LocalKeys, IndexKey: Carrier", put(text)},
		{"PutItem", put(`"Seal":{"B":""}`), invalid, "cannot contain an empty binary value. IndexName: SealSome, IndexKey: Seal", put(`"Seal":{"B":"AA=="}`)},
		{"PutItem", put(`"Carrier":` + long(1025)), invalid, "exceeded the size limit of 1024 bytes", put(`"Carrier":` + long(1024))},
		{"PutItem", put(`"Seal":{"B":"` + strings.Repeat("AAAA", 683) + `"}`), invalid, "exceeded the maximum size limit of2048 bytes", put(`"Seal":{"B":"` + strings.Repeat("AAAA", 682) + `"}`)},
		{"PutItem", putOf(strings.Repeat("t", 1025), "1", ""), invalid, "exceeded the size limit of 1024 bytes", putOf(strings.Repeat("t", 1024), "1", "")}, // Swapped sorts by it
		{"UpdateItem", update1("Carrier", `{"N":"1"}`), invalid, "The update expression attempted to update the secondary index key to unsupported type", update1("Carrier", `{"S":"1"}`)},
		{"UpdateItem", update1("Carrier", `{"S":""}`), invalid, "attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.", update1("Note", `{"S":""}`)},
		{"UpdateItem", update1("Carrier", long(1025)), invalid, "attempted to update the secondary index key beyond allowed size limits", update1("Carrier", long(1024))},
		{"BatchWriteItem", in(batch, number), invalid, type1, in(batch, text)},
		{"TransactWriteItems", in(transact, number), "TransactionCanceledException", "[None, ValidationError]", in(transact, text)},
	} {
		s := newIndexed(t)
		_, err := do(s, row.operation, row.refused)
		wantCode(t, err, row.code, row.text, row.refused)
		if got := ask(t, s, "Scan", tName).Count; got != 0 {
			t.Errorf("got %d items after a refusal: %s", got, row.refused)
		}
		if _, err := do(s, row.operation, row.control); err != nil {
			t.Errorf("control: got %v for %s", err, row.control)
		}
	}
}

func TestARefusedBatchUndoesNoOtherWrite(t *testing.T) {
	s := newIndexed(t)
	calls := make(chan error, 40)
	for i := range 40 {
		body := fmt.Sprintf(`{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%d"},"Carrier":{"%s":"1"}}}}]}}`, i, []string{"S", "N"}[i%2])
		go func() { _, err := do(s, "BatchWriteItem", body); calls <- err }()
	}
	failed := 0
	for range 40 {
		if err := <-calls; err != nil {
			failed++
			wantCode(t, err, invalid, "Type mismatch for Index Key Carrier", "a number")
		}
	}
	if got := ask(t, s, "Scan", tName).Count; got != 20 || failed != 20 {
		t.Errorf("got %d items and %d refusals, want 20 of each", got, failed)
	}
}

func TestPagesOfIndexesAreRefusedAsByDynamoDB(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "1", fast+`"Weight":{"N":"7"},"Note":{"S":"n"}`)
	const params = "One or more parameter values were invalid: "
	start := func(members string) string { return `,"ExclusiveStartKey":{` + members + `}}` }
	const carrier, weight, table = `"Carrier":{"S":"fast"},`, `"Weight":{"N":"6"},`, `"TenantID":{"S":"t"},"ShipmentID":{"S":"1"}`
	condition := func(index, condition, values string) string {
		return query + `"IndexName":"` + index + `","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{` + values + `}}`
	}
	heavier := strings.Replace(strings.Replace(indexQuery("ByCarrier", ""), "= :k", "= :k AND Weight > :w", 1), `{":k"`, `{":w":{"N":"6"},":k"`, 1)
	scan := query + `"IndexName":"ByCarrier"`
	filter := func(index, on string) string {
		return strings.Replace(indexQuery(index, `,"FilterExpression":"`+on+` = :f"}`), `{":k"`, `{":f":{"S":"n"},":k"`, 1)
	}
	for _, row := range []struct{ operation, refused, text, control string }{
		{"Query", indexQuery("Nope", `}`), "The table does not have the specified index: Nope", indexQuery("ByCarrier", `}`)},
		{"Scan", query + `"IndexName":"byCarrier"}`, "The table does not have the specified index: byCarrier", scan + `}`},
		{"Query", indexQuery("ByCarrier", `,"ConsistentRead":true}`), "Consistent reads are not supported on global secondary indexes", indexQuery("LocalAll", `,"ConsistentRead":true}`)},
		{"Scan", scan + `,"ConsistentRead":true}`, "Consistent reads are not supported on global secondary indexes", scan + `}`},
		{"Query", indexQuery("CarrierKeys", `,"Select":"ALL_ATTRIBUTES"}`), params + "Select type ALL_ATTRIBUTES is not supported for global secondary index CarrierKeys because its projection type is not ALL", indexQuery("ByCarrier", `,"Select":"ALL_ATTRIBUTES"}`)},
		{"Scan", query + `"IndexName":"SealSome","Select":"ALL_ATTRIBUTES"}`, "because its projection type is not ALL", scan + `,"Select":"ALL_ATTRIBUTES"}`},
		{"Query", indexQuery("CarrierKeys", `,"ProjectionExpression":"Note, ShipmentID, Weight"}`), params + "Global secondary index CarrierKeys does not project [Note, Weight]", indexQuery("LocalKeys", `,"ProjectionExpression":"Note, Weight"}`)},
		{"Scan", query + `"IndexName":"CarrierKeys","ProjectionExpression":"Note.a[1]"}`, params + "Global secondary index CarrierKeys does not project [Note]", scan + `,"ProjectionExpression":"Note.a[1]"}`},
		{"Query", indexQuery("ByCarrier", `,"Select":"ALL_PROJECTED_ATTRIBUTES","ProjectionExpression":"Note"}`), "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES", indexQuery("ByCarrier", `,"Select":"SPECIFIC_ATTRIBUTES","ProjectionExpression":"Note"}`)},
		{"Query", filter("CarrierKeys", "Note"), params + "Secondary index CarrierKeys does not project one or more filter attributes: [Note]", filter("ByCarrier", "Note")},
		{"Query", filter("LocalKeys", "Note"), params + "Secondary index LocalKeys does not project one or more filter attributes: [Note]", filter("LocalAll", "Note")},
		{"Query", filter("ByCarrier", "Weight"), "Filter Expression can only contain non-primary key attributes: Primary key attribute: Weight", filter("ByCarrier", "TenantID")},
		{"Query", condition("ByCarrier", "TenantID = :t", `":t":{"S":"t"}`), "Query condition missed key schema element: Carrier", condition("LocalAll", "TenantID = :t", `":t":{"S":"t"}`)},
		{"Query", condition("CarrierKeys", "Carrier = :c AND Weight = :w", `":c":{"S":"c"},":w":{"N":"1"}`), "Query key condition not supported", condition("ByCarrier", "Carrier = :c AND Weight = :w", `":c":{"S":"c"},":w":{"N":"1"}`)},
		{"Query", condition("ByCarrier", "Carrier > :c", `":c":{"S":"c"}`), "Query key condition not supported", condition("ByCarrier", "Carrier = :c", `":c":{"S":"c"}`)},
		{"Query", condition("ByCarrier", "Carrier = :c", `":c":{"N":"1"}`), params + "Condition parameter type does not match schema type", condition("ByCarrier", "Carrier = :c", `":c":{"S":"1"}`)},
		{"Query", indexQuery("ByCarrier", start(carrier+table)), "The provided starting key is invalid", indexQuery("CarrierKeys", start(carrier+table))},
		{"Query", indexQuery("ByCarrier", start(weight+table)), "The provided starting key is invalid", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", indexQuery("ByCarrier", start(carrier+weight+`"TenantID":{"S":"t"}`)), "The provided starting key is invalid", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", indexQuery("ByCarrier", start(carrier+`"Note":{"S":"n"},`+table)), "The provided starting key is invalid", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", indexQuery("ByCarrier", start(`"Note":{"S":"n"},`+carrier+weight+table)), "The provided starting key is invalid", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", indexQuery("ByCarrier", start(carrier+`"Weight":{"S":"6"},`+table)), "The provided starting key is invalid", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", indexQuery("ByCarrier", start(`"Carrier":{"S":"slow"},`+weight+table)), "The provided starting key is outside query boundaries", indexQuery("ByCarrier", start(carrier+weight+table))},
		{"Query", heavier + start(carrier+weight+table), "The provided starting key does not match the range key predicate", heavier + start(carrier+`"Weight":{"N":"6.5"},`+table)},
		{"Query", indexQuery("LocalKeys", start(carrier+table)), "The provided starting key is outside query boundaries", indexQuery("LocalKeys", start(carrier+`"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"}`))},
		{"Scan", scan + start(table), "The provided starting key is invalid", scan + start(carrier+weight+table)},
	} {
		_, err := do(s, row.operation, row.refused)
		wantCode(t, err, invalid, row.text, row.refused)
		if _, err := do(s, row.operation, row.control); err != nil {
			t.Errorf("control: got %v for %s %s", err, row.operation, row.control)
		}
	}
}
