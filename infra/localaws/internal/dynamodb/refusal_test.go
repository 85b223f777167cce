package dynamodb

import (
	"fmt"
	"strings"
	"testing"
)

func createWith(change ...string) string {
	return strings.NewReplacer(change...).Replace(createBody("NewTable", "TenantID", "S", "ShipmentID", "S"))
}

// refusals are requests that are readable and wrong, in DynamoDB's words.
func TestRefusalsAreWordedAsByDynamoDB(t *testing.T) {
	s := newTracking(t)
	must(t, s, "PutItem", `{"TableName":"TrackingData","Item":`+yellow1+`}`)
	big := strings.Repeat("x", 400<<10)
	keys := make([]string, 0, 101)
	for i := range 101 {
		keys = append(keys, fmt.Sprintf(`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%d"}}`, i))
	}
	const tenant = `"KeyConditionExpression":"TenantID = :t"`
	for _, row := range []struct{ operation, body, code, text string }{
		{"GetItem", `{"Key":` + yellow1 + `}`, invalid, "Value null at 'tableName'"},
		{"GetItem", tName, invalid, "Value null at 'key'"},
		{"GetItem", `{"TableName":"ab","Key":` + yellow1 + `}`, invalid, "Member must have length greater than or equal to 3"},
		{"GetItem", `{"TableName":"Missing","Key":` + yellow1 + `}`, "ResourceNotFoundException", "Requested resource not found"},
		{"GetItem", getOf + `{"TenantID":{"S":"yellow"}}}`, invalid, "The provided key element does not match the schema"},
		{"GetItem", getOf + `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"},"a":{"S":"1"}}}`, invalid, "The provided key element does not match the schema"},
		{"GetItem", getOf + `{"TenantID":{"S":"yellow"},"ShipmentID":{"N":"1"}}}`, invalid, "The provided key element does not match the schema"},
		{"GetItem", getOf + `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":""}}}`, invalid, "cannot contain an empty string value"},
		{"GetItem", getOf + yellow1 + `,"ReturnConsumedCapacity":"ALL"}`, invalid, "returnConsumedCapacity"},
		{"GetItem", getOf + yellow1 + `,"ExpressionAttributeNames":{"#a":"b"}}`, invalid, "ExpressionAttributeNames can only be specified when using expressions"},
		{"GetItem", getOf + yellow1 + `,"ProjectionExpression":"a","ExpressionAttributeNames":{"#a":"b"}}`, invalid, "unused"},
		{"GetItem", getOf + yellow1 + `,"ProjectionExpression":"a","AttributesToGet":["b"]}`, invalid, "Can not use both expression and non-expression parameters"},
		{"GetItem", getOf + yellow1 + `,"ConsistentRead":"yes"}`, unreadable, "STRING_VALUE cannot be converted"},
		{"PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"y"}}}`, invalid, "Missing the key ShipmentID in the item"},
		{"PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"N":"1"},"ShipmentID":{"S":"1"}}}`, invalid, "Type mismatch for key TenantID expected: S actual: N"},
		{"PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"y"},"ShipmentID":{"S":"1"},"a":{"S":"` + big + `"}}}`, invalid, "Item size has exceeded the maximum allowed size"},
		{"PutItem", `{"TableName":"TrackingData","Item":` + yellow1 + `,"ReturnValues":"ALL_NEW"}`, invalid, "ReturnValues can only be ALL_OLD or NONE"},
		{"PutItem", `{"TableName":"TrackingData","Item":` + yellow1 + `,"ConditionExpression":"attribute_not_exists(TenantID)"}`, "ConditionalCheckFailedException", "The conditional request failed"},
		{"PutItem", `{"TableName":"TrackingData","Item":` + yellow1 + `,"Expected":{"a":{"Exists":false}}}`, invalid, "Expected is not supported by this store"},
		{"UpdateItem", getOf + yellow1 + `,"UpdateExpression":"SET TenantID = :t"` + yellowValue, invalid, "Cannot update attribute TenantID. This attribute is part of the key"},
		{"UpdateItem", getOf + yellow1 + `,"UpdateExpression":"SET #t.a = :t","ExpressionAttributeNames":{"#t":"TenantID"}` + yellowValue, invalid, "Cannot update attribute TenantID. This attribute is part of the key"},
		{"UpdateItem", getOf + yellow1 + `,"UpdateExpression":"SET a = :t","ExpressionAttributeValues":{":t":{"S":"` + big + `"}}}`, invalid, "Item size to update has exceeded the maximum allowed size"},
		{"UpdateItem", getOf + yellow1 + `,"AttributeUpdates":{"a":{"Action":"DELETE"}}}`, invalid, "AttributeUpdates is not supported by this store"},

		{"Query", tName, invalid, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{"Query", query + `"KeyConditionExpression":"ShipmentID = :t"` + yellowValue, invalid, "Query condition missed key schema element: TenantID"},
		{"Query", query + `"KeyConditionExpression":"TenantID = :t AND a = :t"` + yellowValue, invalid, "Query condition missed key schema element: ShipmentID"},
		{"Query", query + `"KeyConditionExpression":"TenantID > :t"` + yellowValue, invalid, "Query key condition not supported"},
		{"Query", query + `"KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"N":"1"}}}`, invalid, "Condition parameter type does not match schema type"},
		{"Query", query + `"Limit":0,` + tenant + yellowValue, invalid, "greater than or equal to 1"},
		{"Query", query + `"Select":"SPECIFIC_ATTRIBUTES",` + tenant + yellowValue, invalid, "Must specify the AttributesToGet or ProjectionExpression"},
		{"Query", query + `"Select":"ALL_ATTRIBUTES","ProjectionExpression":"a",` + tenant + yellowValue, invalid, "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"},
		{"Query", query + `"Select":"ALL_PROJECTED_ATTRIBUTES",` + tenant + yellowValue, invalid, "IndexName"},
		{"Query", query + `"FilterExpression":"TenantID = :t",` + tenant + yellowValue, invalid, "Filter Expression can only contain non-primary key attributes: Primary key attribute: TenantID"},
		{"Query", query + `"IndexName":"ByStatus",` + tenant + yellowValue, invalid, "The table does not have the specified index: ByStatus"},
		{"Query", query + `"ExclusiveStartKey":{"TenantID":{"S":"yellow"}},` + tenant + yellowValue, invalid, "The provided starting key is invalid"},
		{"Query", query + `"ExclusiveStartKey":` + yellow1 + `,"KeyConditionExpression":"TenantID = :t AND ShipmentID > :t"` + yellowValue, invalid, "The provided starting key does not match the range key predicate"},
		{"Query", query + `"ExclusiveStartKey":` + blue2 + `,"KeyConditionExpression":"TenantID = :t AND ShipmentID < :t"` + yellowValue, invalid, "The query can return at most one row and cannot be restarted"},
		{"Query", query + `"ExclusiveStartKey":` + yellow1 + `,"KeyConditionExpression":"TenantID = :t AND ShipmentID = :s","ExpressionAttributeValues":{":t":{"S":"yellow"},":s":{"S":"1"}}}`, invalid, "The query can return at most one row and cannot be restarted"},
		{"Query", `{"TableName":"Numbered","ExclusiveStartKey":{"Num":{"N":"1"}},"KeyConditionExpression":"Num = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, invalid, "The query can return at most one row and cannot be restarted"},
		{"BatchWriteItem", `{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":{"TenantID":{"N":"1"},"ShipmentID":{"S":"1"}}}}]}}`, invalid, "The provided key element does not match the schema"},
		{"Query", query + `"ExclusiveStartKey":` + blue2 + `,"KeyConditionExpression":"TenantID = :t"` + yellowValue, invalid, "outside query boundaries"},
		{"Query", `{"TableName":"Binary","KeyConditionExpression":"Bin = :b AND begins_with(Seq, :n)","ExpressionAttributeValues":{":b":{"B":"AA=="},":n":{"N":"1"}}}`, invalid, ""},
		{"Scan", query + `"Segment":1}`, invalid, "TotalSegments"},
		{"Scan", query + `"Segment":2,"TotalSegments":2}`, invalid, "zero-based"},
		{"Scan", query + `"TotalSegments":2}`, invalid, "Segment"},
		{"Scan", query + `"ScanFilter":{"a":{"ComparisonOperator":"NULL"}}}`, invalid, "ScanFilter is not supported by this store"},

		{"BatchGetItem", `{"RequestItems":{}}`, invalid, "requestItems"},
		{"BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[]}}}`, invalid, "length greater than or equal to 1"},
		{"BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `,` + yellow1 + `]}}}`, invalid, "Provided list of item keys contains duplicates"},
		{"BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[` + strings.Join(keys, ",") + `]}}}`, invalid, "Value at 'RequestItems.TrackingData.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"BatchGetItem", `{"RequestItems":{"Missing":{"Keys":[` + yellow1 + `]}}}`, "ResourceNotFoundException", ""},
		{"BatchWriteItem", `{"RequestItems":{"TrackingData":[{"DeleteRequest":{"Key":` + yellow1 + `}},{"PutRequest":{"Item":` + yellow1 + `}}]}}`, invalid, "Provided list of item keys contains duplicates"},
		{"BatchWriteItem", `{"RequestItems":{"TrackingData":[{"DeleteRequest":{"Key":` + strings.Join(keys[:26], `}},{"DeleteRequest":{"Key":`) + `}}]}}`, invalid, "Value '{TrackingData=[...]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"BatchWriteItem", `{"RequestItems":{"TrackingData":[{}]}}`, invalid, "exactly one of"},
		{"TransactGetItems", `{"TransactItems":[{"Get":` + getOf + yellow1 + `}},{"Get":` + getOf + yellow1 + `}}]}`, invalid, "cannot include multiple operations on one item"},
		{"TransactGetItems", `{"TransactItems":[]}`, invalid, "transactItems"},
		{"TransactWriteItems", `{"TransactItems":[{}]}`, invalid, "one of Check, Put, Update or Delete"},
		{"TransactWriteItems", `{"TransactItems":[{"Delete":` + getOf + yellow1 + `}},{"Put":{"TableName":"TrackingData","Item":` + yellow1 + `}}]}`, invalid, "cannot include multiple operations on one item"},
		{"TransactWriteItems", `{"TransactItems":[{"Update":` + getOf + yellow1 + `}}]}`, invalid, "updateExpression"},
		{"TransactWriteItems", `{"TransactItems":[{"Update":` + getOf + yellow1 + `,"UpdateExpression":"SET a = b"}}]}`, "TransactionCanceledException", "[ValidationError]"},

		{"CreateTable", createBody("TrackingData", "TenantID", "S", "", ""), "ResourceInUseException", "Table already exists: TrackingData"},
		{"CreateTable", createBody("a", "TenantID", "S", "", ""), invalid, "Member must have length greater than or equal to 3"},
		{"CreateTable", createWith(`"HASH"`, `"RANGE"`), invalid, "The first KeySchemaElement is not a HASH key type"},
		{"CreateTable", createWith(`"RANGE"`, `"HASH"`), invalid, "The second KeySchemaElement is not a RANGE key type"},
		{"CreateTable", createWith(`"RANGE"`, `"SORT"`), invalid, "enum value set: [HASH, RANGE]"},
		{"CreateTable", createWith(`{"AttributeName":"ShipmentID","KeyType"`, `{"AttributeName":"Else","KeyType"`), invalid, "Some index key attributes are not defined in AttributeDefinitions"},
		{"CreateTable", createWith(`,{"AttributeName":"ShipmentID","KeyType":"RANGE"}`, ``), invalid, "Number of attributes in KeySchema does not exactly match"},
		{"CreateTable", createWith(`"AttributeType":"S"`, `"AttributeType":"SS"`), invalid, "enum value set: [B, N, S]"},
		{"CreateTable", createWith(`ShipmentID`, `TenantID`), invalid, "Attribute Name is duplicated: TenantID"},
		{"CreateTable", createWith(`"PAY_PER_REQUEST"`, `"PROVISIONED"`), invalid, "must both be specified when BillingMode is PROVISIONED"},
		{"CreateTable", createWith(`"PAY_PER_REQUEST"`, `"FREE"`), invalid, "billingMode"},
		{"CreateTable", createWith(`"BillingMode"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"BillingMode"`), invalid, "PAY_PER_REQUEST"},
		{"CreateTable", createWith(`"BillingMode":"PAY_PER_REQUEST"`, `"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":1}`), invalid, "readCapacityUnits"},
		{"CreateTable", createWith(`"BillingMode"`, `"VectorIndexes":[{}],"BillingMode"`), invalid, "Vector indexes are not supported by this store"},
		{"CreateTable", createWith(`"BillingMode"`, `"StreamSpecification":{"StreamEnabled":true},"BillingMode"`), invalid, "Streams are not supported by this store"},
		{"CreateTable", createWith(`"BillingMode"`, `"Tags":[{"Key":"a","Value":"1"},{"Key":"a","Value":"2"}],"BillingMode"`), invalid, "Duplicate tag key"},
		{"DescribeTable", `{"TableName":"Missing"}`, "ResourceNotFoundException", "Requested resource not found: Table: Missing not found"},
		{"DeleteTable", `{"TableName":"Missing"}`, "ResourceNotFoundException", "Requested resource not found: Table: Missing not found"},
		{"ListTables", `{"Limit":101}`, invalid, "less than or equal to 100"},
		{"ListTagsOfResource", `{"ResourceArn":"` + strings.Replace(tArn, "TrackingData", "Missing", 1) + `"}`, "ResourceNotFoundException", ""},
	} {
		_, err := do(s, row.operation, row.body)
		input := row.operation + " " + row.body
		wantCode(t, err, row.code, row.text, input[:min(len(input), 200)])
	}
	for _, operation := range Operations() {
		_, err := do(s, operation, ` null `)
		wantCode(t, err, unreadable, "", operation+" of null")
	}
	if got := must(t, s, "Scan", tName); !strings.Contains(got, `"Count":1`) {
		t.Errorf("got %s, want the one item: a refused request changed something", got)
	}
}

func TestAProtectedTableIsNotDeleted(t *testing.T) {
	s := newService(t)
	must(t, s, "CreateTable", createWith(`"BillingMode"`, `"DeletionProtectionEnabled":true,"BillingMode"`))
	_, err := do(s, "DeleteTable", `{"TableName":"NewTable"}`)
	wantCode(t, err, invalid, "protected against deletion", "DeleteTable")
}
