package dynamodb

import (
	"errors"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

// keysOnly allows everything under the condition of the hardened policy, so that a denial can come from
// the keys alone, whatever the action.
const keysOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{
	"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:PrincipalTag/TenantID}"]},
	"Null":{"dynamodb:LeadingKeys":"false","aws:PrincipalTag/TenantID":"false"}}}]}`

// asTenant says what a tenant's session is told: "allowed", "denied" or the code of the refusal.
func asTenant(t testing.TB, s *Service, tenant, operation, body string) string {
	t.Helper()
	call, err := read(s, operation, body)
	var refused *api.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := policy.Parse([]byte(keysOnly), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	policies := policy.Policies{Identity: []policy.Named{{Name: "keys", Policy: compiled}}}
	for _, p := range call.Permissions {
		p.Context.Set("aws:PrincipalTag/TenantID", tenant)
		if policies.Decide(&policy.Request{Action: p.Action, Resource: p.Resource, Context: p.Context}).Effect != policy.Allow {
			return "denied"
		}
	}
	if len(call.Permissions) == 0 {
		return "denied"
	}
	return "allowed"
}

const (
	getOf        = `{"TableName":"TrackingData","Key":`
	yellow1      = `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"}}`
	yellow2      = `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"2"}}`
	blue2        = `{"TenantID":{"S":"blue"},"ShipmentID":{"S":"2"}}`
	query        = `{"TableName":"TrackingData",`
	yellowValue  = `,"ExpressionAttributeValues":{":t":{"S":"yellow"}}}`
	invalid      = "ValidationException"
	unreadable   = "SerializationException"
	denied       = "denied"
	selectYellow = `SELECT * FROM TrackingData WHERE TenantID = 'yellow'`
)

func twoValues(first, second string) string {
	return `,"ExpressionAttributeValues":{":t":{"S":"` + first + `"},":u":{"S":"` + second + `"}}}`
}

func partiql(statement string) string { return `{"Statement":"` + statement + `"}` }

// attacks are the requests by which yellow could try to name one key and reach another's. Each control
// differs from its attack in one thing and is allowed.
var attacks = []struct{ name, operation, attack, want, control string }{
	{"another tenant's key", "GetItem", getOf + blue2 + `}`, denied, getOf + yellow2 + `}`},
	{"two tenants in a batch", "BatchGetItem",
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `,` + blue2 + `]}}}`, denied,
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `,` + yellow2 + `]}}}`},
	{"a key without a partition beside an own one", "BatchGetItem",
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `,{"ShipmentID":{"S":"2"}}]}}}`, denied,
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `,` + yellow2 + `]}}}`},
	{"another table in a batch", "BatchGetItem",
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `]},"Other":{"Keys":[` + blue2 + `]}}}`, denied,
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `]},"Other":{"Keys":[` + yellow2 + `]}}}`},
	{"the same table by name and ARN in a batch", "BatchGetItem",
		`{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `]},"` + tArn + `":{"Keys":[` + yellow2 + `]}}}`, invalid,
		`{"RequestItems":{"` + tArn + `":{"Keys":[` + yellow2 + `]}}}`},
	{"two tenants in a batch of writes", "BatchWriteItem",
		`{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + yellow1 + `}},{"DeleteRequest":{"Key":` + blue2 + `}}]}}`, denied,
		`{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + yellow1 + `}},{"DeleteRequest":{"Key":` + yellow2 + `}}]}}`},
	{"put and delete in one write request", "BatchWriteItem",
		`{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + yellow1 + `},"DeleteRequest":{"Key":` + yellow2 + `}}]}}`, invalid,
		`{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + yellow1 + `}}]}}`},
	{"two tenants in a transaction", "TransactGetItems",
		`{"TransactItems":[{"Get":` + getOf + yellow1 + `}},{"Get":` + getOf + blue2 + `}}]}`, denied,
		`{"TransactItems":[{"Get":` + getOf + yellow1 + `}},{"Get":` + getOf + yellow2 + `}}]}`},
	{"a condition check on another tenant's item", "TransactWriteItems",
		`{"TransactItems":[{"ConditionCheck":` + getOf + blue2 + `,"ConditionExpression":"attribute_exists(a)"}}]}`, denied,
		`{"TransactItems":[{"ConditionCheck":` + getOf + yellow2 + `,"ConditionExpression":"attribute_exists(a)"}}]}`},
	{"two actions in one entry", "TransactWriteItems",
		`{"TransactItems":[{"Delete":` + getOf + yellow1 + `},"ConditionCheck":` + getOf + blue2 + `,"ConditionExpression":"attribute_exists(a)"}}]}`, invalid,
		`{"TransactItems":[{"Delete":` + getOf + yellow1 + `}}]}`},

	{"a query of another partition", "Query", query + `"KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"blue"}}}`, denied,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"the key's name by alias", "Query", query + `"KeyConditionExpression":"#k = :t","ExpressionAttributeNames":{"#k":"TenantID"},"ExpressionAttributeValues":{":t":{"S":"blue"}}}`, denied,
		query + `"KeyConditionExpression":"#k = :t","ExpressionAttributeNames":{"#k":"TenantID"}` + yellowValue},
	{"aliases that swap the keys", "Query",
		query + `"KeyConditionExpression":"#TenantID = :t AND #ShipmentID = :u","ExpressionAttributeNames":{"#TenantID":"ShipmentID","#ShipmentID":"TenantID"}` + twoValues("yellow", "blue"), denied,
		query + `"KeyConditionExpression":"#TenantID = :t AND #ShipmentID = :u","ExpressionAttributeNames":{"#TenantID":"TenantID","#ShipmentID":"ShipmentID"}` + twoValues("yellow", "blue")},
	{"two conditions on the partition key", "Query", query + `"KeyConditionExpression":"TenantID = :t AND TenantID = :u"` + twoValues("yellow", "blue"), invalid,
		query + `"KeyConditionExpression":"TenantID = :t AND ShipmentID = :u"` + twoValues("yellow", "blue")},
	{"two conditions, one by alias", "Query",
		query + `"KeyConditionExpression":"TenantID = :t AND #k = :u","ExpressionAttributeNames":{"#k":"TenantID"}` + twoValues("yellow", "blue"), invalid,
		query + `"KeyConditionExpression":"TenantID = :t AND #k = :u","ExpressionAttributeNames":{"#k":"ShipmentID"}` + twoValues("yellow", "blue")},
	{"the value on the left", "Query", query + `"KeyConditionExpression":":t = TenantID","ExpressionAttributeValues":{":t":{"S":"blue"}}}`, denied,
		query + `"KeyConditionExpression":":t = TenantID"` + yellowValue},
	{"OR", "Query", query + `"KeyConditionExpression":"TenantID = :t OR TenantID = :u"` + twoValues("yellow", "blue"), invalid,
		query + `"KeyConditionExpression":"TenantID = :t AND ShipmentID > :u"` + twoValues("yellow", "blue")},
	{"IN", "Query", query + `"KeyConditionExpression":"TenantID IN (:t, :u)"` + twoValues("yellow", "blue"), invalid,
		query + `"KeyConditionExpression":"TenantID = :t AND ShipmentID >= :u"` + twoValues("yellow", "blue")},
	{"NOT", "Query", query + `"KeyConditionExpression":"NOT TenantID = :t"` + yellowValue, invalid,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"a range of partitions", "Query", query + `"KeyConditionExpression":"TenantID >= :t"` + yellowValue, denied,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"partitions between", "Query", query + `"KeyConditionExpression":"TenantID BETWEEN :t AND :u"` + twoValues("yellow", "yellow"), denied,
		query + `"KeyConditionExpression":"TenantID = :t AND ShipmentID BETWEEN :u AND :u"` + twoValues("yellow", "yellow")},
	{"partitions that begin with", "Query", query + `"KeyConditionExpression":"begins_with(TenantID, :t)"` + yellowValue, denied,
		query + `"KeyConditionExpression":"TenantID = :t AND begins_with(ShipmentID, :u)"` + twoValues("yellow", "1")},
	{"the sort key alone", "Query", query + `"KeyConditionExpression":"ShipmentID = :t"` + yellowValue, denied,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"the key's name in other case", "Query", query + `"KeyConditionExpression":"tenantid = :t"` + yellowValue, denied,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"an index, whose key is another", "Query", query + `"IndexName":"ByStatus","KeyConditionExpression":"TenantID = :t"` + yellowValue, denied,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"an unknown table", "Query", `{"TableName":"Missing","KeyConditionExpression":"TenantID = :t"` + yellowValue, denied,
		`{"TableName":"Other","KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"an item of an unknown table", "GetItem", `{"TableName":"Missing","Key":` + yellow1 + `}`, denied, `{"TableName":"Other","Key":` + yellow1 + `}`},

	{"legacy conditions on another partition", "Query", query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"blue"}]}}}`, denied,
		query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"}]}}}`},
	{"a legacy condition with two values", "Query", query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"},{"S":"blue"}]}}}`, invalid,
		query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"}]}}}`},
	{"a legacy condition without EQ", "Query", query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"GE","AttributeValueList":[{"S":"yellow"}]}}}`, denied,
		query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"}]}}}`},
	{"a legacy condition with IN", "Query", query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"yellow"}]}}}`, invalid,
		query + `"KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"}]}}}`},
	{"a legacy condition beside an expression", "Query",
		query + `"KeyConditionExpression":"TenantID = :t","KeyConditions":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"blue"}]}}` + yellowValue, invalid,
		query + `"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"AttributesToGet does not name keys", "GetItem", getOf + blue2 + `,"AttributesToGet":["TenantID"]}`, denied, getOf + yellow2 + `,"AttributesToGet":["TenantID"]}`},
	{"ScanFilter does not name keys", "Scan", query + `"ScanFilter":{"TenantID":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"yellow"}]}}}`, denied,
		""},
	{"a filter does not name keys", "Scan", query + `"FilterExpression":"TenantID = :t"` + yellowValue, denied, ""},

	{"a start key in another partition", "Query", query + `"ExclusiveStartKey":` + blue2 + `,"KeyConditionExpression":"TenantID = :t"` + yellowValue, denied,
		query + `"ExclusiveStartKey":` + yellow2 + `,"KeyConditionExpression":"TenantID = :t"` + yellowValue},
	{"a scan's start key", "Scan", query + `"ExclusiveStartKey":` + yellow2 + `}`, denied, ""},
	{"a scan", "Scan", tName, denied, ""},

	{"a table by ARN", "GetItem", `{"TableName":"` + tArn + `","Key":` + blue2 + `}`, denied, `{"TableName":"` + tArn + `","Key":` + yellow2 + `}`},
	{"a table of another account", "GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:111111111111:table/TrackingData","Key":` + yellow2 + `}`, "AccessDeniedException",
		`{"TableName":"` + tArn + `","Key":` + yellow2 + `}`},
	{"a table of another region", "GetItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:000000000000:table/TrackingData","Key":` + yellow2 + `}`, invalid,
		`{"TableName":"` + tArn + `","Key":` + yellow2 + `}`},
	{"an index's ARN as a table", "GetItem", `{"TableName":"` + tArn + `/index/ByStatus","Key":` + yellow2 + `}`, invalid,
		`{"TableName":"` + tArn + `","Key":` + yellow2 + `}`},
	{"a wildcard as a table", "GetItem", `{"TableName":"Tracking*","Key":` + yellow2 + `}`, invalid, getOf + yellow2 + `}`},

	{"a key twice", "GetItem", getOf + yellow2 + `,"Key":` + blue2 + `}`, unreadable, getOf + yellow2 + `}`},
	{"an attribute of the key twice", "GetItem", getOf + `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"2"},"TenantID":{"S":"blue"}}}`, unreadable, getOf + yellow2 + `}`},
	{"a value of two types", "GetItem", getOf + `{"TenantID":{"S":"yellow","B":"Ymx1ZQ=="},"ShipmentID":{"S":"2"}}}`, invalid, getOf + yellow2 + `}`},
	{"a value twice", "GetItem", getOf + `{"TenantID":{"S":"yellow","S":"blue"},"ShipmentID":{"S":"2"}}}`, unreadable, getOf + yellow2 + `}`},
	{"an escaped name twice", "GetItem", getOf + yellow2 + `,"\u004bey":` + blue2 + `}`, unreadable, getOf + yellow2 + `}`},
	{"a duplicate in an ignored member", "GetItem", getOf + yellow2 + `,"Ignored":{"a":1,"a":2}}`, unreadable, getOf + yellow2 + `,"Ignored":{"a":1,"b":2}}`},
	{"a member in other case", "GetItem", `{"TableName":"TrackingData","key":` + yellow2 + `}`, invalid, getOf + yellow2 + `,"key":` + blue2 + `}`},
	{"something behind the body", "GetItem", getOf + yellow2 + `}` + getOf + blue2 + `}`, unreadable, getOf + yellow2 + `}` + "\n"},
	{"invalid UTF-8", "GetItem", getOf + yellow2 + ",\"Ignored\":\"\xff\"}", unreadable, getOf + yellow2 + `,"Ignored":"y"}`},
	{"a byte order mark", "GetItem", "\ufeff" + getOf + yellow2 + `}`, unreadable, getOf + yellow2 + `}`},
	{"no body", "GetItem", ``, unreadable, getOf + yellow2 + `}`},
	{"a list as a body", "GetItem", `[` + getOf + yellow2 + `}]`, unreadable, getOf + yellow2 + `}`},
	{"a key without the partition key", "GetItem", getOf + `{"ShipmentID":{"S":"2"}}}`, denied, getOf + yellow2 + `}`},
	{"a partition key of a type that cannot be one", "GetItem", getOf + `{"TenantID":{"SS":["yellow"]},"ShipmentID":{"S":"2"}}}`, denied, getOf + yellow2 + `}`},
	{"a number as a string", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"1"}}}`, denied, getOf + yellow2 + `}`},

	{"an item of another tenant", "PutItem", `{"TableName":"TrackingData","Item":` + blue2 + `}`, denied, `{"TableName":"TrackingData","Item":` + yellow2 + `}`},
	{"an item beside a decoy key", "PutItem", `{"TableName":"TrackingData","Key":` + yellow2 + `,"Item":` + blue2 + `}`, denied,
		`{"TableName":"TrackingData","Key":` + blue2 + `,"Item":` + yellow2 + `}`},
	{"an update of another tenant", "UpdateItem", getOf + blue2 + `,"UpdateExpression":"REMOVE a"}`, denied, getOf + yellow2 + `,"UpdateExpression":"REMOVE a"}`},
	{"a delete of another tenant", "DeleteItem", getOf + blue2 + `}`, denied, getOf + yellow2 + `}`},

	{"PartiQL on another partition", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID = 'blue'`), denied, partiql(selectYellow)},
	{"PartiQL without WHERE", "ExecuteStatement", partiql(`SELECT * FROM TrackingData`), denied, partiql(selectYellow)},
	{"PartiQL IN of 101", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID IN ['yellow'` + strings.Repeat(`,'yellow'`, 100) + `]`), denied, partiql(`SELECT * FROM TrackingData WHERE TenantID IN ['yellow'` + strings.Repeat(`,'yellow'`, 99) + `]`)},
	{"PartiQL IN", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID IN ['yellow','blue']`), denied, partiql(`SELECT * FROM TrackingData WHERE TenantID IN ['yellow','yellow']`)},
	{"PartiQL OR", "ExecuteStatement", partiql(selectYellow + ` OR TenantID = 'blue'`), denied, partiql(selectYellow + ` AND ShipmentID = 'blue'`)},
	{"PartiQL NOT", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE NOT TenantID = 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL with parentheses", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE (TenantID = 'yellow' AND a = 1) OR b = 2`), denied, partiql(selectYellow + ` AND a = 1`)},
	{"PartiQL with two conditions", "ExecuteStatement", partiql(selectYellow + ` AND TenantID = 'blue'`), denied, partiql(selectYellow + ` AND ShipmentID = 'blue'`)},
	{"PartiQL with a second condition that is no equality", "ExecuteStatement", partiql(selectYellow + ` AND TenantID >= 'blue'`), denied, partiql(selectYellow + ` AND ShipmentID >= 'blue'`)},
	{"PartiQL with a range", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID >= 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL between", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID BETWEEN 'a' AND 'z'`), denied, partiql(selectYellow + ` AND ShipmentID BETWEEN 'a' AND 'z'`)},
	{"PartiQL begins_with", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE begins_with(TenantID, 'yellow')`), denied, partiql(selectYellow + ` AND begins_with(ShipmentID, 'yellow')`)},
	{"PartiQL with quoted names", "ExecuteStatement", partiql(`SELECT * FROM \"TrackingData\" WHERE \"TenantID\" = 'blue'`), denied, partiql(`SELECT * FROM \"TrackingData\" WHERE \"TenantID\" = 'yellow'`)},
	{"PartiQL with quotes in a value", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID = 'yellow'' OR TenantID = ''blue'`), denied, partiql(selectYellow)},
	{"PartiQL on a part of the key", "ExecuteStatement", partiql(`SELECT * FROM TrackingData WHERE TenantID.a = 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL on an index", "ExecuteStatement", partiql(`SELECT * FROM \"TrackingData\".\"ByStatus\" WHERE TenantID = 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL with a comment", "ExecuteStatement", partiql(selectYellow + ` -- AND a = 1`), invalid, partiql(selectYellow + ` AND a = -1`)},
	{"PartiQL with an alias", "ExecuteStatement", partiql(`SELECT * FROM TrackingData t WHERE t.TenantID = 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL with a second table", "ExecuteStatement", partiql(`SELECT * FROM TrackingData, Other WHERE TenantID = 'yellow'`), denied, partiql(selectYellow)},
	{"PartiQL with a subquery", "ExecuteStatement", partiql(`SELECT * FROM (SELECT * FROM TrackingData)`), invalid, partiql(selectYellow)},
	{"two PartiQL statements in one", "ExecuteStatement", partiql(selectYellow + `; DELETE FROM TrackingData`), invalid, partiql(selectYellow)},
	{"a PartiQL parameter", "ExecuteStatement", `{"Statement":"SELECT * FROM TrackingData WHERE ShipmentID = ? AND TenantID = ?","Parameters":[{"S":"yellow"},{"S":"blue"}]}`, denied,
		`{"Statement":"SELECT * FROM TrackingData WHERE TenantID = ? AND ShipmentID = ?","Parameters":[{"S":"yellow"},{"S":"blue"}]}`},
	{"a question mark in a PartiQL string", "ExecuteStatement", `{"Statement":"SELECT * FROM TrackingData WHERE a = '?' AND TenantID = ? AND b = ?","Parameters":[{"S":"blue"},{"S":"yellow"}]}`, denied,
		`{"Statement":"SELECT * FROM TrackingData WHERE a = '?' AND TenantID = ? AND b = ?","Parameters":[{"S":"yellow"},{"S":"blue"}]}`},
	{"a PartiQL parameter too many", "ExecuteStatement", `{"Statement":"SELECT * FROM TrackingData WHERE TenantID = ?","Parameters":[{"S":"yellow"},{"S":"blue"}]}`, invalid,
		`{"Statement":"SELECT * FROM TrackingData WHERE TenantID = ?","Parameters":[{"S":"yellow"}]}`},
	{"own and other in a PartiQL batch", "BatchExecuteStatement",
		`{"Statements":[{"Statement":"` + selectYellow + `"},{"Statement":"SELECT * FROM TrackingData WHERE TenantID = 'blue'"}]}`, denied,
		`{"Statements":[{"Statement":"` + selectYellow + `"},{"Statement":"` + selectYellow + `"}]}`},
	{"own and other in a PartiQL transaction", "ExecuteTransaction",
		`{"TransactStatements":[{"Statement":"` + selectYellow + `"},{"Statement":"SELECT * FROM TrackingData WHERE TenantID = 'blue'"}]}`, denied,
		`{"TransactStatements":[{"Statement":"` + selectYellow + `"},{"Statement":"` + selectYellow + `"}]}`},
	{"PartiQL INSERT with the key twice", "ExecuteStatement", partiql(`INSERT INTO TrackingData VALUE {'TenantID':'yellow','TenantID':'blue'}`), denied,
		partiql(`INSERT INTO TrackingData VALUE {'TenantID':'yellow','ShipmentID':'blue'}`)},
	{"PartiQL UPDATE with a decoy in SET", "ExecuteStatement", partiql(`UPDATE TrackingData SET a = 'TenantID = yellow' WHERE TenantID = 'blue'`), denied,
		partiql(`UPDATE TrackingData SET a = 'TenantID = blue' WHERE TenantID = 'yellow'`)},
	{"PartiQL UPDATE with two WHERE", "ExecuteStatement", partiql(`UPDATE TrackingData SET a = 1 WHERE TenantID = 'blue' WHERE TenantID = 'yellow'`), denied,
		partiql(`UPDATE TrackingData SET a = 1 WHERE TenantID = 'yellow'`)},
	{"PartiQL on a table of another account", "ExecuteStatement", partiql(`SELECT * FROM \"arn:aws:dynamodb:us-east-1:111111111111:table/TrackingData\" WHERE TenantID = 'yellow'`), "AccessDeniedException",
		partiql(`SELECT * FROM \"` + tArn + `\" WHERE TenantID = 'yellow'`)},

	{"a shard iterator without a stream", "GetRecords", `{"ShardIterator":"AAAA"}`, invalid, ""},
	{"a stream", "DescribeStream", `{"StreamArn":"` + tArn + `/stream/2026"}`, denied, ""},
	{"a stream as a backup", "DescribeBackup", `{"BackupArn":"` + tArn + `/stream/2026"}`, invalid, ""},
	{"a backup with a path behind it", "DescribeBackup", `{"BackupArn":"` + tArn + `/backup/01-a/b"}`, invalid, ""},
	{"a backup with a wildcard", "DescribeBackup", `{"BackupArn":"` + tArn + `/backup/*"}`, invalid, ""},
	{"an export", "ExportTableToPointInTime", `{"TableArn":"` + tArn + `","S3Bucket":"yellow"}`, denied, ""},
	{"tagging", "TagResource", `{"ResourceArn":"` + tArn + `","Tags":[{"Key":"TenantID","Value":"yellow"}]}`, denied, ""},
	{"a bulk put", "StartBulkPutItems", tName, denied, ""},
	{"a vector search", "SearchVectors", `{"TableName":"TrackingData","IndexName":"Vec","SearchConditionExpression":"TenantID = :t"` + yellowValue, denied, ""},
}

func TestATenantReachesNoOtherKey(t *testing.T) {
	s := newTracking(t)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			if got := asTenant(t, s, "yellow", a.operation, a.attack); got != a.want {
				t.Errorf("attack: got %s, want %s: %s", got, a.want, a.attack)
			}
			if a.control == "" { // no request of this kind names a key
				return
			}
			if got := asTenant(t, s, "yellow", a.operation, a.control); got != "allowed" {
				t.Errorf("control: got %s, want allowed: %s", got, a.control)
			}
		})
	}
}

func TestNumberAndBinaryKeysAreComparedInOneForm(t *testing.T) {
	s := newTracking(t)
	for _, row := range []struct{ tenant, operation, body, want string }{
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"1"}}}`, "allowed"},
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"1.00"}}}`, "allowed"},
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"0.1e1"}}}`, "allowed"},
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"10e-1"}}}`, "allowed"},
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"10"}}}`, denied},
		{"1", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"-1"}}}`, denied},
		{"1.0", "GetItem", `{"TableName":"Numbered","Key":{"Num":{"N":"1.0"}}}`, denied},
		{"1", "Query", `{"TableName":"Numbered","KeyConditionExpression":"Num = :n","ExpressionAttributeValues":{":n":{"N":"+1"}}}`, "allowed"},
		{"1", "ExecuteStatement", partiql(`SELECT * FROM Numbered WHERE Num = 1.0`), "allowed"},
		{"1", "ExecuteStatement", partiql(`SELECT * FROM Numbered WHERE Num = 2`), denied},
		{"eWVsbG93", "GetItem", `{"TableName":"Binary","Key":{"Bin":{"B":"eWVsbG93"},"Seq":{"N":"1"}}}`, "allowed"},
		{"eWVsbG93", "GetItem", `{"TableName":"Binary","Key":{"Bin":{"B":"Ymx1ZQ=="},"Seq":{"N":"1"}}}`, denied},
		{"yellow", "GetItem", `{"TableName":"Binary","Key":{"Bin":{"B":"eWVsbG93"},"Seq":{"N":"1"}}}`, denied},
	} {
		if got := asTenant(t, s, row.tenant, row.operation, row.body); got != row.want {
			t.Errorf("tenant %s: got %s, want %s: %s", row.tenant, got, row.want, row.body)
		}
	}
}

func TestAKeyOfAnotherTypeThanTheTableNamesItsTextAndIsRefused(t *testing.T) {
	s := newTracking(t)
	const body = getOf + `{"TenantID":{"B":"eWVsbG93"},"ShipmentID":{"S":"2"}}}`
	if got := asTenant(t, s, "eWVsbG93", "GetItem", body); got != "allowed" {
		t.Fatalf("got %s, want allowed", got)
	}
	_, err := do(s, "GetItem", body)
	wantCode(t, err, invalid, "does not match the schema", body)
}

func TestAnIndexQueryNamesTheIndexsOwnPartitionKey(t *testing.T) {
	s := newService(t)
	must(t, s, "CreateTable", createIndexed("TrackingData", []string{"TenantID S", "ShipmentID S", "Owner S"}, "", gsi("ByOwner", "ALL", "Owner", "TenantID")))
	const index = query + `"IndexName":"ByOwner",`
	for _, row := range []struct{ operation, body, want string }{
		{"Query", index + `"KeyConditionExpression":"#o = :t","ExpressionAttributeNames":{"#o":"Owner"}` + yellowValue, "allowed"},
		{"Query", index + `"KeyConditionExpression":"TenantID = :t"` + yellowValue, denied},
		{"Query", index + `"KeyConditionExpression":"TenantID = :t AND #o = :u","ExpressionAttributeNames":{"#o":"Owner"}` + twoValues("yellow", "blue"), denied},
		{"Query", query + `"KeyConditionExpression":"#o = :t","ExpressionAttributeNames":{"#o":"Owner"}` + yellowValue, denied},
		{"ExecuteStatement", partiql(`SELECT * FROM TrackingData.ByOwner WHERE Owner = 'yellow'`), "allowed"},
		{"ExecuteStatement", partiql(`SELECT * FROM TrackingData.ByOwner WHERE TenantID = 'yellow'`), denied},
	} {
		if got := asTenant(t, s, "yellow", row.operation, row.body); got != row.want {
			t.Errorf("got %s, want %s: %s", got, row.want, row.body)
		}
	}
}
