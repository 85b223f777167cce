package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// createLate is an UpdateTable that adds an index by the string attribute key.
func createLate(name, project, key string) string {
	return `{"TableName":"TrackingData","AttributeDefinitions":[{"AttributeName":"` + key + `","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":` +
		gsi(name, project, key) + `}]}`
}

type described struct {
	AttributeDefinitions                          []struct{ AttributeName string }
	LocalSecondaryIndexes, GlobalSecondaryIndexes []struct {
		IndexName, IndexStatus    string
		ItemCount, IndexSizeBytes int64
	}
}

// describedTable is what DescribeTable, or another operation that answers a description, says of indexes.
func describedTable(t *testing.T, text string) described {
	t.Helper()
	var out struct{ Table, TableDescription *described }
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	if out.Table != nil {
		return *out.Table
	}
	return *out.TableDescription
}

func (d described) words() string {
	var words []string
	for _, a := range d.AttributeDefinitions {
		words = append(words, a.AttributeName)
	}
	for _, x := range slices.Concat(d.LocalSecondaryIndexes, d.GlobalSecondaryIndexes) {
		words = append(words, fmt.Sprintf("%s:%s:%d:%d", x.IndexName, x.IndexStatus, x.ItemCount, x.IndexSizeBytes))
	}
	return strings.Join(words, " ")
}

func TestDescribeTableSaysWhatItsIndexesAre(t *testing.T) {
	s := newService(t)
	created := must(t, s, "CreateTable", provisioned(createIndexed("TrackingData", indexedAttributes[:4], gsi("Local", "INCLUDE:Port Note", "TenantID", "Weight"),
		strings.Replace(gsi("Global", "KEYS_ONLY", "Carrier"), `"KeySchema"`, `"ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":3},"KeySchema"`, 1))))
	const indexes = `"LocalSecondaryIndexes":[{"IndexName":"Local","IndexArn":"` + trackingARN + `/index/Local","KeySchema":[{"AttributeName":"TenantID","KeyType":"HASH"},` +
		`{"AttributeName":"Weight","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["Port","Note"]},"ItemCount":%d,"IndexSizeBytes":%d}],` +
		`"GlobalSecondaryIndexes":[{"IndexName":"Global","IndexArn":"` + trackingARN + `/index/Global","IndexStatus":"ACTIVE","ProvisionedThroughput":` +
		`{"NumberOfDecreasesToday":0,"ReadCapacityUnits":2,"WriteCapacityUnits":3},` +
		`"WarmThroughput":{"ReadUnitsPerSecond":2,"WriteUnitsPerSecond":3,"Status":"ACTIVE"},"KeySchema":[{"AttributeName":"Carrier","KeyType":"HASH"}],` +
		`"Projection":{"ProjectionType":"KEYS_ONLY"},"ItemCount":%d,"IndexSizeBytes":%d}]`
	if want := fmt.Sprintf(indexes, 0, 0, 0, 0); !strings.Contains(created, want) {
		t.Errorf("created: got %s\nwant %s", created, want)
	}
	put(t, s, "yellow", "1", fast+`"Weight":{"N":"7"},"Note":{"S":"n"}`)
	put(t, s, "yellow", "2", fast+`"Load":{"S":"xxxx"}`)
	// TenantID 8+6, ShipmentID 10+1, Carrier 7+4; Weight 6+2, Note 4+1
	if got, want := must(t, s, "DescribeTable", tName), fmt.Sprintf(indexes, 1, 25+8+5, 2, 2*(25+11)); !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestUpdateTableFillsAnIndexWithTheItemsThatCanBeInIt(t *testing.T) {
	s := newTracking(t)
	for i, port := range []string{`{"S":"Oslo"}`, `{"N":"1"}`, `{"S":""}`, `{"NULL":true}`, `{"S":"Oslo"}`} {
		put(t, s, "yellow", fmt.Sprint(i), `"Port":`+port)
	}
	put(t, s, "yellow", "none", "")
	d := describedTable(t, must(t, s, "UpdateTable", createLate("ByPort", "KEYS_ONLY", "Port")))
	if got, want := d.words(), fmt.Sprintf("TenantID ShipmentID Port ByPort:ACTIVE:2:%d", 2*(8+6+10+1+4+4)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	oslo := query + `"IndexName":"ByPort","KeyConditionExpression":"Port = :p","ExpressionAttributeValues":{":p":{"S":"Oslo"}}}`
	if got := ask(t, s, "Query", oslo).texts("ShipmentID"); got != "0 4" {
		t.Errorf("got %q, want 0 4", got)
	}
	// What does not fit stays as it is until it is changed, and may be made to fit.
	item := getOf + `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"}},"UpdateExpression":"SET `
	must(t, s, "UpdateItem", item+`Note = :n","ExpressionAttributeValues":{":n":{"S":"n"}}}`)
	_, err := do(s, "UpdateItem", item+`Port = :n","ExpressionAttributeValues":{":n":{"N":"2"}}}`)
	wantCode(t, err, invalid, "update the secondary index key to unsupported type", "a number")
	must(t, s, "UpdateItem", item+`Port = :n","ExpressionAttributeValues":{":n":{"S":"Oslo"}}}`)
	if got := ask(t, s, "Query", oslo).texts("ShipmentID"); got != "0 1 4" {
		t.Errorf("got %q, want 0 1 4", got)
	}
	must(t, s, "UpdateTable", `{"TableName":"TrackingData","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"ByPort"}}]}`)
	if got := describedTable(t, must(t, s, "DescribeTable", tName)).words(); got != "TenantID ShipmentID" {
		t.Errorf("after Delete: got %s", got)
	}
	_, err = do(s, "Query", oslo)
	wantCode(t, err, invalid, "The table does not have the specified index: ByPort", oslo)
	put(t, s, "yellow", "5", `"Port":{"N":"1"}`) // nothing refuses it any more
}

// A write that was read before the index was there must keep it all the same.
func TestAWriteThatWasReadBeforeAnIndexKeepsIt(t *testing.T) {
	s := newTracking(t)
	early, err := read(s, "PutItem", putOf("yellow", "1", `"Port":{"S":"Oslo"}`))
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := read(s, "PutItem", putOf("yellow", "2", `"Port":{"N":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, "UpdateTable", createLate("ByPort", "ALL", "Port"))
	if _, err := early.Answer(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Answer(t.Context())
	wantCode(t, err, invalid, "Type mismatch for Index Key Port Expected: S Actual: N IndexName: ByPort", "a put that was read before")
	if got := ask(t, s, "Scan", query+`"IndexName":"ByPort"}`).texts("ShipmentID"); got != "1" {
		t.Errorf("got %q, want 1", got)
	}
}

func TestATableThatIsDeletedTakesItsIndexesAlong(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "1", fast+`"Weight":{"N":"1"}`)
	late, err := read(s, "DeleteTable", tName)
	if err != nil {
		t.Fatal(err)
	}
	must(t, s, "UpdateTable", createLate("ByPort", "ALL", "Port"))
	if _, err := late.Answer(t.Context()); err != nil { // it is the same table
		t.Fatal(err)
	}
	must(t, s, "CreateTable", createIndexed("TrackingData", indexedAttributes[:3], "", gsi("ByCarrier", "ALL", "Carrier")))
	if got := ask(t, s, "Scan", query+`"IndexName":"ByCarrier"}`).Count; got != 0 {
		t.Errorf("got %d items in the new table's index, want none", got)
	}
}

// setting is an UpdateTable of TrackingData with these members.
func setting(members string) string { return `{"TableName":"TrackingData",` + members + `}` }

func TestUpdateTableIsRefusedAsByDynamoDB(t *testing.T) {
	s := newIndexed(t)
	updates := func(all ...string) string {
		return `{"TableName":"TrackingData","AttributeDefinitions":[{"AttributeName":"Port","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[` + strings.Join(all, ",") + `]}`
	}
	create := func(name string) string { return `{"Create":` + gsi(name, "ALL", "Port") + `}` }
	remove := func(name string) string { return `{"Delete":{"IndexName":"` + name + `"}}` }
	const params = "One or more parameter values were invalid: "
	for _, row := range []struct{ body, code, text string }{
		{tName, invalid, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates"},
		{updates(), invalid, params + "List of GlobalSecondaryIndexUpdates is empty"},
		{updates(`{}`), invalid, params + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"},
		{updates(`{"Create":` + gsi("New", "ALL", "Port") + `,"Delete":{"IndexName":"ByCarrier"}}`), invalid, params + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"},
		{updates(remove("ByCarrier"), remove("ByCarrier")), invalid, params + "Only one global secondary index update per index is allowed simultaneously. Index: ByCarrier"},
		{updates(create("New"), remove("ByCarrier")), "LimitExceededException", "Only 1 online index can be created or deleted simultaneously per table"},
		{updates(`{"Update":{"IndexName":"ByCarrier"}}`), invalid, params + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ByCarrier"},
		{updates(`{"Update":{"IndexName":"ByCarrier","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}}`), invalid,
			params + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: ByCarrier when BillingMode is PAY_PER_REQUEST"},
		{updates(`{"Update":{"IndexName":"Nope","WarmThroughput":{"ReadUnitsPerSecond":20000}}}`), "ResourceNotFoundException", "Requested resource not found"},
		{updates(`{"Update":{"IndexName":"LocalAll","WarmThroughput":{"ReadUnitsPerSecond":20000}}}`), invalid, "Cannot update an index that is not a GlobalSecondaryIndex: LocalAll"},
		{updates(create("ByCarrier")), invalid, "Attempting to create an index which already exists"},
		{updates(create("LocalAll")), invalid, "Attempting to create an index which already exists"},
		{updates(create("Ne")), invalid, "Value 'Ne' at 'globalSecondaryIndexUpdates.1.member.create.indexName'"},
		{updates(remove("Nope")), "ResourceNotFoundException", "Requested resource not found"},
		{updates(remove("LocalAll")), invalid, "Cannot delete an index that is not a GlobalSecondaryIndex: LocalAll"},
		{strings.Replace(updates(create("New")), `"AttributeDefinitions"`, `"Definitions"`, 1), invalid, params + "AttributeDefinitions is not specified for index: New"},
		{`{"TableName":"TrackingData","AttributeDefinitions":[{"AttributeName":"Weight","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":` + gsi("New", "ALL", "Weight") + `}]}`, invalid, "Attribute Weight is defined as N already"},
		{strings.Replace(updates(create("New")), `"AttributeName":"Port","AttributeType"`, `"AttributeName":"Else","AttributeType"`, 1), invalid, "Some index key attributes are not defined in AttributeDefinitions. Keys: [Port]"},
		{setting(`"BillingMode":"PROVISIONED"`), invalid, params + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{setting(`"BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`), invalid, params + "ProvisionedThroughput must be specified for index: ByCarrier"},
		{setting(`"BillingMode":"FREE"`), invalid, "billingMode"},
		{setting(`"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`), invalid, params + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{setting(`"BillingMode":"PAY_PER_REQUEST","TableClass":"STANDARD"`), invalid, params + "TableClass modification must be the only operation in the request"},
		{setting(`"BillingMode":"PAY_PER_REQUEST","SSESpecification":{"Enabled":true}`), invalid, params + "Server-Side Encryption modification must be the only operation in the request"},
		{strings.Replace(updates(create("New")), `{"TableName"`, `{"BillingMode":"PAY_PER_REQUEST","TableName"`, 1), invalid, params + "You cannot create or delete index while updating table IOPS"},
		{setting(`"OnDemandThroughput":{"MaxReadRequestUnits":1},"TableClass":"STANDARD"`), invalid, params + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"},
		{setting(`"OnDemandThroughput":{"MaxReadRequestUnits":0}`), invalid, params + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"},
		{setting(`"WarmThroughput":{"ReadUnitsPerSecond":11999}`), invalid, "decreasing WarmThroughput is not supported"},
		{setting(`"TableClass":"GOLD"`), invalid, "Invalid table-class parameter provided"},
		{setting(`"SSESpecification":{"Enabled":false}`), invalid, params + "Table is already encrypted by default"},
		{setting(`"SSESpecification":{"Enabled":false,"SSEType":"KMS"}`), invalid, params + "SSEType can not be specified if Enabled is false"},
		{setting(`"SSESpecification":{"Enabled":true,"KMSMasterKeyId":"k"}`), invalid, params + "SSEType KMS is required if KMSMasterKeyId is specified"},
		{setting(`"SSESpecification":{"Enabled":true,"SSEType":"AES256"}`), invalid, params + "SSEType AES256 is not supported"},
		{setting(`"StreamSpecification":{"StreamEnabled":true}`), invalid, "Streams are not supported by this store"},
		{setting(`"StreamSpecification":{"StreamEnabled":false}`), invalid, "Table has no stream to disable: TableName: TrackingData"},
		{`{"TableName":"TrackingData","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}`, invalid, "UpdateTable of ReplicaUpdates is not supported by this store"},
		{strings.Replace(updates(create("New")), `{"TableName"`, `{"DeletionProtectionEnabled":false,"TableName"`, 1), invalid, params + "DeletionProtection modification must be the only operation in the request"},
		{`{"TableName":"Missing"}`, "ResourceNotFoundException", "Requested resource not found: Table: Missing not found"},
		{strings.Replace(updates(create("New")), `TrackingData`, `Missing`, 1), "ResourceNotFoundException", "Requested resource not found: Table: Missing not found"},
	} {
		before := must(t, s, "DescribeTable", tName)
		_, err := do(s, "UpdateTable", row.body)
		wantCode(t, err, row.code, row.text, row.body)
		if after := must(t, s, "DescribeTable", tName); after != before {
			t.Errorf("%s changed the table: got %s\nwant %s", row.body, after, before)
		}
	}
	for i := range 16 { // the table has four
		must(t, s, "UpdateTable", updates(create(fmt.Sprintf("New%d", i))))
	}
	_, err := do(s, "UpdateTable", updates(create("New16")))
	wantCode(t, err, "LimitExceededException", "GlobalSecondaryIndex count exceeds the per-table limit of 20", "the 21st index")
}
