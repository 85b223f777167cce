package dynamodb

import (
	"strings"
	"testing"
)

// The condition keys of items ("Using IAM policy conditions for fine-grained access control", DynamoDB
// Developer Guide).
const (
	leadingKeys       = "dynamodb:LeadingKeys"
	attributesKey     = "dynamodb:Attributes"
	selectKey         = "dynamodb:Select"
	returnValuesKey   = "dynamodb:ReturnValues"
	returnCapacityKey = "dynamodb:ReturnConsumedCapacity"
	fullTableScanKey  = "dynamodb:FullTableScan"
	enclosingKey      = "dynamodb:EnclosingOperation"
)

// The values of the condition keys, "-" for an absent key and "?" for an unknown one.
func TestConditionKeysSayWhatTheRequestAsksFor(t *testing.T) {
	s := newTracking(t)
	const yellowTerm = `"KeyConditionExpression":"TenantID = :t"`
	rows := []struct{ rule, operation, body, key, want string }{
		{"keys and projected attributes", "GetItem", getOf + yellow1 + `,"ProjectionExpression":"Eta, #m[0].Code","ExpressionAttributeNames":{"#m":"Milestones"}}`, attributesKey, "[Eta Milestones ShipmentID TenantID]"},
		{"AttributesToGet", "GetItem", getOf + yellow1 + `,"AttributesToGet":["Eta"]}`, attributesKey, "[Eta ShipmentID TenantID]"},
		{"a read of all names its keys", "GetItem", getOf + yellow1 + `}`, attributesKey, "[ShipmentID TenantID]"},
		{"what is written", "PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"y"},"ShipmentID":{"S":"1"},"Secret":{"S":"x"}}}`, attributesKey, "[Secret ShipmentID TenantID]"},
		{"what is written and compared", "UpdateItem", getOf + yellow1 + `,"UpdateExpression":"SET Eta = Planned + :d","ConditionExpression":"Carrier = :d","ExpressionAttributeValues":{":d":{"N":"1"}}}`, attributesKey, "[Carrier Eta Planned ShipmentID TenantID]"},
		{"ADD", "UpdateItem", getOf + yellow1 + `,"UpdateExpression":"ADD Hits :d","ExpressionAttributeValues":{":d":{"N":"1"}}}`, attributesKey, "[Hits ShipmentID TenantID]"},
		{"AttributeUpdates and Expected", "UpdateItem", getOf + yellow1 + `,"AttributeUpdates":{"Eta":{"Action":"DELETE"}},"Expected":{"Owner":{"Exists":false}}}`, attributesKey, "[Eta Owner ShipmentID TenantID]"},
		{"what is filtered", "Query", query + yellowTerm + `,"FilterExpression":"Eta > :t"` + yellowValue, attributesKey, "[Eta TenantID]"},
		{"QueryFilter", "Query", query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"y"}]}},"QueryFilter":{"Eta":{"ComparisonOperator":"NULL"}}}`, attributesKey, "[Eta TenantID]"},
		{"ScanFilter", "Scan", query + `"ScanFilter":{"Eta":{"ComparisonOperator":"NULL"}}}`, attributesKey, "[Eta]"},
		{"PartiQL SELECT", "ExecuteStatement", partiql(`SELECT Eta, Load.Weight FROM TrackingData WHERE TenantID = 'y' AND Owner = 'z'`), attributesKey, "[Eta Load Owner TenantID]"},
		{"PartiQL INSERT", "ExecuteStatement", partiql(`INSERT INTO TrackingData VALUE {'TenantID':'y','Load':{'Weight':1}}`), attributesKey, "[Load TenantID]"},
		{"PartiQL UPDATE", "ExecuteStatement", partiql(`UPDATE TrackingData SET Eta = 1 WHERE TenantID = 'y'`), attributesKey, "?"},
		{"a vector search", "SearchVectors", `{"TableName":"TrackingData","IndexName":"Vec"}`, attributesKey, "?"},

		{"a read of all", "GetItem", getOf + yellow1 + `}`, selectKey, "[ALL_ATTRIBUTES]"},
		{"a projection", "GetItem", getOf + yellow1 + `,"ProjectionExpression":"Eta"}`, selectKey, "[SPECIFIC_ATTRIBUTES]"},
		{"a batch", "BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `]}}}`, selectKey, "[ALL_ATTRIBUTES]"},
		{"a query", "Query", query + yellowTerm + yellowValue, selectKey, "[ALL_ATTRIBUTES]"},
		{"an index", "Query", query + `"IndexName":"ByStatus",` + yellowTerm + yellowValue, selectKey, "[ALL_PROJECTED_ATTRIBUTES]"},
		{"COUNT", "Query", query + `"Select":"COUNT",` + yellowTerm + yellowValue, selectKey, "[COUNT]"},
		{"a write", "PutItem", `{"TableName":"TrackingData","Item":` + yellow1 + `}`, selectKey, "-"},
		{"PartiQL SELECT of all", "ExecuteStatement", partiql(selectYellow), selectKey, "[ALL_ATTRIBUTES]"},

		{"no ReturnValues", "DeleteItem", getOf + yellow1 + `}`, returnValuesKey, "[NONE]"},
		{"ReturnValues", "DeleteItem", getOf + yellow1 + `,"ReturnValues":"ALL_OLD"}`, returnValuesKey, "[ALL_OLD]"},
		{"the item of a failed condition", "DeleteItem", getOf + yellow1 + `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, returnValuesKey, "[ALL_OLD]"},
		{"two that differ", "UpdateItem", getOf + yellow1 + `,"ReturnValues":"ALL_NEW","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, returnValuesKey, "?"},
		{"a check that answers the item", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":` + getOf + yellow1 + `,"ConditionExpression":"attribute_exists(a)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}`, returnValuesKey, "[ALL_OLD]"},
		{"PartiQL RETURNING", "ExecuteStatement", partiql(`DELETE FROM TrackingData WHERE TenantID = 'y' RETURNING ALL OLD *`), returnValuesKey, "[ALL_OLD]"},
		{"a read", "GetItem", getOf + yellow1 + `}`, returnValuesKey, "-"},

		{"no ReturnConsumedCapacity", "GetItem", getOf + yellow1 + `}`, returnCapacityKey, "[NONE]"},
		{"ReturnConsumedCapacity", "GetItem", getOf + yellow1 + `,"ReturnConsumedCapacity":"TOTAL"}`, returnCapacityKey, "[TOTAL]"},

		{"no transaction", "GetItem", getOf + yellow1 + `}`, enclosingKey, "-"},
		{"a transaction of reads", "TransactGetItems", `{"TransactItems":[{"Get":` + getOf + yellow1 + `}}]}`, enclosingKey, "[TransactGetItems]"},
		{"a transaction of writes", "TransactWriteItems", `{"TransactItems":[{"Delete":` + getOf + yellow1 + `}}]}`, enclosingKey, "[TransactWriteItems]"},
		{"a PartiQL transaction", "ExecuteTransaction", `{"TransactStatements":[{"Statement":"` + selectYellow + `"}]}`, enclosingKey, "[ExecuteTransaction]"},
		{"a PartiQL batch", "BatchExecuteStatement", `{"Statements":[{"Statement":"` + selectYellow + `"}]}`, enclosingKey, "-"},

		{"PartiQL with a key", "ExecuteStatement", partiql(selectYellow), fullTableScanKey, "[false]"},
		{"PartiQL without", "ExecuteStatement", partiql(`SELECT * FROM TrackingData`), fullTableScanKey, "[true]"},
		{"PartiQL by another attribute", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE ShipmentID = '1'`), fullTableScanKey, "[true]"},
		{"a PartiQL clause that is not read", "ExecuteStatement", partiql(selectYellow + ` OR a = 1`), fullTableScanKey, "[true]"},

		{"tags of a new table", "CreateTable", `{"TableName":"New","Tags":[{"Key":"team","Value":"eta"}]}`, "aws:RequestTag/team", "[eta]"},
		{"their keys", "CreateTable", `{"TableName":"New","Tags":[{"Key":"team","Value":"eta"}]}`, "aws:TagKeys", "[team]"},
		{"keys of tags that go", "UntagResource", `{"ResourceArn":"` + tArn + `","TagKeys":["team"]}`, "aws:TagKeys", "[team]"},
	}
	for _, row := range rows {
		call, err := read(s, row.operation, row.body)
		if err != nil {
			t.Errorf("%s: %v: %s", row.rule, err, row.body)
			continue
		}
		if got := keyFacts(call.Permissions[0], row.key); got != row.want {
			t.Errorf("%s: got %s %s, want %s: %s", row.rule, row.key, got, row.want, row.body)
		}
	}
}

func TestARequestOnAnIndexIsOnTheResourceOfTheIndex(t *testing.T) {
	s := newTracking(t)
	for _, row := range []struct{ operation, body string }{
		{"Query", query + `"IndexName":"ByStatus",` + keyCond + `}`},
		{"Scan", query + `"IndexName":"ByStatus"}`},
		{"ExecuteStatement", partiql(`SELECT * FROM TrackingData.ByStatus`)},
		{"DescribeContributorInsights", query + `"IndexName":"ByStatus"}`},
	} {
		call, err := read(s, row.operation, row.body)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := call.Permissions[0].Resource, trackingARN+"/index/ByStatus"; got != want {
			t.Errorf("%s: got %s, want %s", row.operation, got, want)
		}
	}
}

func TestKeyThatNoItemCanHaveIsUnknown(t *testing.T) {
	s := newTracking(t)
	for _, row := range []struct {
		length int
		want   string
	}{{0, "?"}, {2048, "[" + strings.Repeat("y", 2048) + "]"}, {2049, "?"}} {
		body := getOf + `{"TenantID":{"S":"` + strings.Repeat("y", row.length) + `"},"ShipmentID":{"S":"1"}}}`
		call, err := read(s, "GetItem", body)
		if err != nil {
			t.Fatal(err)
		}
		if got := keyFacts(call.Permissions[0], leadingKeys); got != row.want {
			t.Errorf("a key of %d bytes: got %.20s, want %.20s", row.length, got, row.want)
		}
	}
}

func TestTagsOfATableAreResourceTagsOfItsRequests(t *testing.T) {
	s := newService(t)
	must(t, s, "CreateTable", strings.TrimSuffix(createBody("TrackingData", "TenantID", "S", "ShipmentID", "S"), "}")+`,"Tags":[{"Key":"team","Value":"eta"}]}`)
	must(t, s, "CreateTable", createBody("Other", "TenantID", "S", "ShipmentID", "S"))
	for table, want := range map[string]string{"TrackingData": "[eta]", "Other": "-"} {
		call, err := read(s, "GetItem", `{"TableName":"`+table+`","Key":`+yellow1+`}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := keyFacts(call.Permissions[0], "aws:ResourceTag/team"); got != want {
			t.Errorf("%s: got %s, want %s", table, got, want)
		}
	}
}

func TestTagsThatDifferInCaseAloneAreNoKnownCondition(t *testing.T) {
	for tags, want := range map[string]string{
		`{"Key":"team","Value":"eta"}`:                                "[eta]",
		`{"Key":"team","Value":"eta"},{"Key":"teams","Value":"them"}`: "[eta]",
		`{"Key":"team","Value":"eta"},{"Key":"Team","Value":"them"}`:  "?",
		`{"Key":"Team","Value":"them"},{"Key":"team","Value":"eta"}`:  "?",
	} {
		s := newService(t)
		create := strings.TrimSuffix(createBody("TrackingData", "TenantID", "S", "ShipmentID", "S"), "}") + `,"Tags":[` + tags + `]}`
		call, err := read(s, "CreateTable", create)
		if err != nil {
			t.Fatal(err)
		}
		if got := keyFacts(call.Permissions[0], "aws:RequestTag/team"); got != want {
			t.Errorf("in the request: got %s, want %s: %s", got, want, tags)
		}
		must(t, s, "CreateTable", create)
		if call, err = read(s, "GetItem", `{"TableName":"TrackingData","Key":`+yellow1+`}`); err != nil {
			t.Fatal(err)
		}
		if got := keyFacts(call.Permissions[0], "aws:ResourceTag/team"); got != want {
			t.Errorf("of the table: got %s, want %s: %s", got, want, tags)
		}
	}
}

func TestCreateTableWithTagsNeedsTagResourceToo(t *testing.T) {
	s := newService(t)
	for body, want := range map[string]int{
		tName: 1,
		`{"TableName":"TrackingData","Tags":[{"Key":"a","Value":"b"}]}`:      2,
		`{"TableName":"TrackingData","ResourcePolicy":"{}"}`:                 2,
		`{"TableName":"TrackingData","GlobalTableSourceArn":"` + tArn + `"}`: 3 + 7,
	} {
		call, err := read(s, "CreateTable", body)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(call.Permissions); got != want {
			t.Errorf("got %d permissions, want %d: %s", got, want, body)
		}
	}
}
