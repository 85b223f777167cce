package prove

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// needs are the roles of callers that not every set has.
var needs = map[string]string{seedTask: seedTask, seeder: "~seed-role~", writer: "~write-role~", loose: "~seed-role~", looseOne: "~write-role~", operator: operator}

var denied = []string{"AccessDeniedException"}

var streamOperations = map[string]bool{"DescribeStream": true, "GetRecords": true, "GetShardIterator": true, "ListStreams": true}

// dynamodbAttacks are those on the pooled table. Some read another partition, in every form that the API has; the control
// is the same request for the own partition. The others are operations that the role may not use; their control is root.
func dynamodbAttacks() []*Attack {
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(partitionReads)) {
		all = append(all, ofPartition(name, attacker, partitionReads[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(partitionWrites)) {
		all = append(all, ofPartition("seed-"+name, seeder, partitionWrites[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(notGranted)) {
		all = append(all, ofCaller(name, attacker, notGranted[name]))
	}
	for _, name := range []string{"delete-own", "describe-table", "partiql-own", "partiql-update", "scan-own", "transact-write", "update-own"} {
		all = append(all, ofCaller("seed-"+name, seeder, notGranted[name]))
	}
	return append(all, slices.Concat(remaining(), twoWays(), ofServices(), ofStrays(), twinAttacks())...)
}

// asRoot is how a control differs that root carries out.
const asRoot = "the caller is root"

const key = `{"~partition~":{"S":"@"},"~sort~":{"S":"1001"}}`

// operation is a request of DynamoDB; @ stands for the tenant whose partition it names.
type operation struct{ does, name, body string }

func (o operation) of(by, tenant string) request {
	return request{by: by, operation: o.name, body: strings.ReplaceAll(o.body, "@", tenant)}
}

func ofPartition(name, by string, o operation) *Attack {
	return &Attack{
		Name: "dynamodb/" + name, Does: by + ": " + o.does, Differs: "the partition is its own", Layer: IAM, Codes: denied, needs: needs[by],
		Attempt: step(o.of(by, victim)), Control: step(o.of(by, attacker)),
	}
}

func ofCaller(name, by string, o operation) *Attack {
	spoils := Nothing
	if o.name == "CreateTable" || o.name == "DeleteTable" {
		spoils = Tables
	}
	control := step(o.of(root, victim))
	if o.name == "UpdateTimeToLive" {
		off := o
		off.body = strings.Replace(o.body, `"Enabled":true`, `"Enabled":false`, 1)
		control = orElse(control, step(off.of(root, victim)))
	}
	return &Attack{
		Name: "dynamodb/" + name, Does: by + ": " + o.does, Differs: asRoot, Layer: IAM, Codes: denied, needs: needs[by], by: by,
		Attempt: step(o.of(by, victim)), Control: control, Spoils: spoils, local: slices.Contains(leaving, o.name),
	}
}

// orElse is first, and second where the table is already as first would make it, which DynamoDB refuses.
func orElse(first, second Step) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		a, err := first(ctx, w)
		if err == nil && a.Code == "ValidationException" {
			return second(ctx, w)
		}
		return a, err
	}
}

func query(condition, more string) string {
	return `{"TableName":"~table~","KeyConditionExpression":"` + condition + `",` + more + `}`
}

var partitionReads = map[string]operation{
	"get-item":             {"GetItem of another's row", "GetItem", `{"TableName":"~table~","Key":` + key + `}`},
	"get-item-consistent":  {"GetItem, consistent read", "GetItem", `{"TableName":"~table~","ConsistentRead":true,"Key":` + key + `}`},
	"get-item-projection":  {"GetItem of one attribute by an alias", "GetItem", `{"TableName":"~table~","ProjectionExpression":"#c","ExpressionAttributeNames":{"#c":"Canary"},"Key":` + key + `}`},
	"get-item-legacy":      {"GetItem with AttributesToGet", "GetItem", `{"TableName":"~table~","AttributesToGet":["Canary"],"Key":` + key + `}`},
	"get-item-by-arn":      {"GetItem with the table's ARN", "GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/~table~","Key":` + key + `}`},
	"get-item-absent":      {"GetItem of a row that is not there: its absence is not told either", "GetItem", `{"TableName":"~table~","Key":{"~partition~":{"S":"@"},"~sort~":{"S":"nobodys"}}}`},
	"get-item-escaped":     {"GetItem whose key is written in JSON escapes", "GetItem", `{"TableName":"~table~","Key":{"~partition-escaped~":{"S":"@"},"~sort~":{"S":"1001"}}}`},
	"batch-get":            {"BatchGetItem of another's row", "BatchGetItem", `{"RequestItems":{"~table~":{"Keys":[` + key + `]}}}`},
	"batch-get-mixed":      {"BatchGetItem of the own row and another's", "BatchGetItem", `{"RequestItems":{"~table~":{"Keys":[{"~partition~":{"S":"yellow"},"~sort~":{"S":"of-yellow"}},` + key + `]}}}`},
	"batch-get-mixed-last": {"the same the other way round", "BatchGetItem", `{"RequestItems":{"~table~":{"Keys":[` + key + `,{"~partition~":{"S":"yellow"},"~sort~":{"S":"of-yellow"}}]}}}`},
	"query":                {"Query of another's partition", "Query", query("~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"@"}}`)},
	"query-alias":          {"Query with the key's name by an alias", "Query", query("#k = :t", `"ExpressionAttributeNames":{"#k":"~partition~"},"ExpressionAttributeValues":{":t":{"S":"@"}}`)},
	"query-swapped":        {"Query with the value before the key", "Query", query("~sort~ > :s AND ~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"@"},":s":{"S":"0"}}`)},
	"query-count":          {"Query that only counts", "Query", query("~partition~ = :t", `"Select":"COUNT","ExpressionAttributeValues":{":t":{"S":"@"}}`)},
	"query-filter":         {"Query with a filter that names the own tenant", "Query", query("~partition~ = :t", `"FilterExpression":"Canary <> :y","ExpressionAttributeValues":{":t":{"S":"@"},":y":{"S":"yellow"}}`)},
	"query-backward":       {"Query backward, one row", "Query", query("~partition~ = :t", `"ScanIndexForward":false,"Limit":1,"ExpressionAttributeValues":{":t":{"S":"@"}}`)},
	"query-start-key":      {"Query of the own partition that starts at another's key", "Query", query("~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"yellow"}},"ExclusiveStartKey":`+key)},
	"query-legacy":         {"Query with KeyConditions", "Query", `{"TableName":"~table~","KeyConditions":{"~partition~":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"@"}]}}}`},
}

const planted = `{"TableName":"~table~","Item":{"~partition~":{"S":"@"},"~sort~":{"S":"planted"}}}`

var partitionWrites = map[string]operation{
	"put-item":    {"PutItem into another's partition", "PutItem", planted},
	"batch-write": {"BatchWriteItem into the own partition and another's", "BatchWriteItem", `{"RequestItems":{"~table~":[{"PutRequest":{"Item":{"~partition~":{"S":"yellow"},"~sort~":{"S":"planted-1"}}}},{"PutRequest":{"Item":{"~partition~":{"S":"@"},"~sort~":{"S":"planted-2"}}}}]}}`},
	"batch-erase": {"BatchWriteItem that deletes another's row", "BatchWriteItem", `{"RequestItems":{"~table~":[{"DeleteRequest":{"Key":{"~partition~":{"S":"@"},"~sort~":{"S":"planted"}}}}]}}`},
}

const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/~table~"

func onTable(does, name string) operation {
	return operation{does, name, `{"TableName":"~table~"}`}
}

// notGranted are operations that root carries out too, as controls: they change no row that other attacks read.
var notGranted = map[string]operation{
	"scan":               onTable("Scan", "Scan"),
	"scan-filter":        {"Scan with a filter that names the tenant", "Scan", `{"TableName":"~table~","FilterExpression":"~partition~ = :t","ExpressionAttributeValues":{":t":{"S":"@"}}}`},
	"scan-own":           {"Scan that filters for the own tenant", "Scan", `{"TableName":"~table~","FilterExpression":"~partition~ = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`},
	"scan-segment":       {"parallel Scan", "Scan", `{"TableName":"~table~","Segment":0,"TotalSegments":4}`},
	"scan-legacy":        {"Scan with ScanFilter", "Scan", `{"TableName":"~table~","ScanFilter":{"~partition~":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"@"}]}}}`},
	"partiql":            {"PartiQL SELECT of everything", "ExecuteStatement", `{"Statement":"SELECT * FROM \"~table~\""}`},
	"partiql-where":      {"PartiQL SELECT of another's partition", "ExecuteStatement", `{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = '@'"}`},
	"partiql-own":        {"PartiQL SELECT of the own partition: not granted, so that no WHERE has to be read right", "ExecuteStatement", `{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = 'yellow'"}`},
	"partiql-in":         {"PartiQL with IN", "ExecuteStatement", `{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ IN ('yellow','@')"}`},
	"partiql-or":         {"PartiQL with OR", "ExecuteStatement", `{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = 'yellow' OR ~partition~ = '@'"}`},
	"partiql-quoted":     {"PartiQL with quoted names", "ExecuteStatement", `{"Statement":"SELECT \"Canary\" FROM \"~table~\" WHERE \"~partition~\" = '@'"}`},
	"partiql-parameter":  {"PartiQL with a parameter", "ExecuteStatement", `{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = ?","Parameters":[{"S":"@"}]}`},
	"partiql-batch":      {"a batch of PartiQL", "BatchExecuteStatement", `{"Statements":[{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = '@' AND ~sort~ = '1001'"}]}`},
	"partiql-transact":   {"a transaction of PartiQL", "ExecuteTransaction", `{"TransactStatements":[{"Statement":"SELECT * FROM ~table~ WHERE ~partition~ = '@' AND ~sort~ = '1001'"}]}`},
	"partiql-insert":     {"PartiQL INSERT", "ExecuteStatement", `{"Statement":"INSERT INTO ~table~ VALUE {'~partition~':'@','~sort~':'planted-by-partiql'}"}`},
	"partiql-update":     {"PartiQL UPDATE", "ExecuteStatement", `{"Statement":"UPDATE ~table~ SET Note = 'x' WHERE ~partition~ = '@' AND ~sort~ = '1001'"}`},
	"partiql-delete":     {"PartiQL DELETE", "ExecuteStatement", `{"Statement":"DELETE FROM ~table~ WHERE ~partition~ = '@' AND ~sort~ = 'planted-by-partiql'"}`},
	"put-item":           {"PutItem", "PutItem", planted},
	"put-item-own":       {"PutItem into the own partition: the role only reads", "PutItem", `{"TableName":"~table~","Item":{"~partition~":{"S":"yellow"},"~sort~":{"S":"planted"}}}`},
	"update-item":        {"UpdateItem", "UpdateItem", `{"TableName":"~table~","UpdateExpression":"SET Note = :n","ExpressionAttributeValues":{":n":{"S":"x"}},"Key":` + key + `}`},
	"delete-item":        {"DeleteItem that returns the old row", "DeleteItem", `{"TableName":"~table~","ReturnValues":"ALL_OLD","Key":{"~partition~":{"S":"@"},"~sort~":{"S":"planted"}}}`},
	"batch-write":        {"BatchWriteItem", "BatchWriteItem", `{"RequestItems":{"~table~":[{"PutRequest":{"Item":{"~partition~":{"S":"@"},"~sort~":{"S":"planted"}}}}]}}`},
	"update-own":         {"UpdateItem of the own row", "UpdateItem", `{"TableName":"~table~","UpdateExpression":"SET Note = :n","ExpressionAttributeValues":{":n":{"S":"x"}},"Key":{"~partition~":{"S":"yellow"},"~sort~":{"S":"1001"}}}`},
	"delete-own":         {"DeleteItem of the own row", "DeleteItem", `{"TableName":"~table~","Key":{"~partition~":{"S":"yellow"},"~sort~":{"S":"planted"}}}`},
	"transact-get":       {"TransactGetItems is authorized as GetItem of another's row", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"~table~","Key":` + key + `}}]}`},
	"transact-get-mixed": {"TransactGetItems of the own row and another's", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"~table~","Key":{"~partition~":{"S":"yellow"},"~sort~":{"S":"1001"}}}},{"Get":{"TableName":"~table~","Key":` + key + `}}]}`},
	"transact-check":     {"a ConditionCheck that tells whether a row is there", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"~table~","ConditionExpression":"attribute_exists(Canary)","Key":` + key + `}}]}`},
	"transact-write":     {"TransactWriteItems", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"~table~","Item":{"~partition~":{"S":"@"},"~sort~":{"S":"planted"}}}}]}`},
	"describe-table":     onTable("DescribeTable", "DescribeTable"),
	"list-tables":        {"ListTables", "ListTables", `{}`},
	"update-table":       {"UpdateTable", "UpdateTable", `{"TableName":"~table~","BillingMode":"PAY_PER_REQUEST"}`},
	"delete-table":       onTable("DeleteTable", "DeleteTable"),
	"time-to-live":       {"UpdateTimeToLive, which deletes rows", "UpdateTimeToLive", `{"TableName":"~table~","TimeToLiveSpecification":{"AttributeName":"Canary","Enabled":true}}`},
	"list-tags":          {"ListTagsOfResource", "ListTagsOfResource", `{"ResourceArn":"` + arn + `"}`},
	"tag":                {"TagResource", "TagResource", `{"ResourceArn":"` + arn + `","Tags":[{"Key":"~tag~","Value":"@"}]}`},
	"resource-policy":    {"PutResourcePolicy", "PutResourcePolicy", `{"ResourceArn":"` + arn + `","Policy":"{}"}`},
	"create-backup":      {"CreateBackup", "CreateBackup", `{"TableName":"~table~","BackupName":"mine"}`},
	"restore":            {"RestoreTableToPointInTime", "RestoreTableToPointInTime", `{"SourceTableName":"~table~","TargetTableName":"Mine"}`},
	"export":             {"ExportTableToPointInTime", "ExportTableToPointInTime", `{"TableArn":"` + arn + `","S3Bucket":"mine"}`},
	"kinesis":            {"EnableKinesisStreamingDestination", "EnableKinesisStreamingDestination", `{"TableName":"~table~","StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/mine"}`},
	"list-streams":       {"ListStreams", "ListStreams", `{}`},
	"describe-stream":    {"DescribeStream", "DescribeStream", `{"StreamArn":"` + arn + `/stream/2026-01-01T00:00:00.000"}`},
	"global-table":       {"CreateGlobalTable", "CreateGlobalTable", `{"GlobalTableName":"~table~","ReplicationGroup":[{"RegionName":"eu-west-1"}]}`},
}

// leaving are operations that the control, root, must not carry out in an account of AWS: they create or delete something.
var leaving = []string{"CreateBackup", "RestoreTableToPointInTime", "ExportTableToPointInTime", "EnableKinesisStreamingDestination", "CreateGlobalTable",
	"PutResourcePolicy", "UpdateTable", "UpdateTimeToLive", "DeleteTable"}

// twoWays are ambiguous requests: one parser reads the own partition in them, another parser the other tenant's.
// The control is the request without the second reading.
func twoWays() []*Attack {
	own := `{"~partition~":{"S":"yellow"},"~sort~":{"S":"1001"}}`
	get := func(members string) request {
		return request{by: attacker, operation: "GetItem", body: `{"TableName":"~table~",` + members + `}`}
	}
	theirs := strings.ReplaceAll(key, "@", victim)
	var all []*Attack
	for name, body := range map[string]string{
		"duplicate-member":    fmt.Sprintf(`"Key":%s,"Key":%s`, own, theirs),
		"duplicate-first":     fmt.Sprintf(`"Key":%s,"Key":%s`, theirs, own),
		"duplicate-attribute": `"Key":{"~partition~":{"S":"yellow"},"~partition~":{"S":"blue"},"~sort~":{"S":"1001"}}`,
		"duplicate-escaped":   fmt.Sprintf(`"Key":%s,"\u004bey":%s`, own, theirs),
		"two-types":           `"Key":{"~partition~":{"S":"yellow","B":"Ymx1ZQ=="},"~sort~":{"S":"1001"}}`,
		"number-as-key":       `"Key":{"~partition~":{"N":"1"},"~sort~":{"S":"1001"}}`,
		"binary-as-key":       `"Key":{"~partition~":{"B":"Ymx1ZQ=="},"~sort~":{"S":"1001"}}`,
		"set-as-key":          `"Key":{"~partition~":{"SS":["yellow","blue"]},"~sort~":{"S":"1001"}}`,
		"wildcard-as-key":     `"Key":{"~partition~":{"S":"*"},"~sort~":{"S":"1001"}}`,
		"key-left-out":        `"Key":{"~sort~":{"S":"1001"}}`,
		"key-in-other-case":   `"Key":{"~partition-other-case~":{"S":"yellow"},"~sort~":{"S":"1001"}}`,
	} {
		all = append(all, &Attack{
			Name: "dynamodb/" + name, Does: attacker + ": a GetItem with " + body, Differs: "the key stands there once, as a string", Layer: Request,
			Codes:   []string{"AccessDeniedException", "SerializationException", "ValidationException"},
			Attempt: step(get(body)), Control: step(get(`"Key":` + own)),
		})
	}
	slices.SortFunc(all, func(a, b *Attack) int { return strings.Compare(a.Name, b.Name) })
	trailing := get(`"Key":` + own)
	trailing.body += `{"TableName":"~table~","Key":` + theirs + `}`
	conditions := operation{"", "Query", query("~partition~ = :t AND ~partition~ = :u", `"ExpressionAttributeValues":{":t":{"S":"yellow"},":u":{"S":"@"}}`)}
	byIndex := operation{"", "Query", query("~partition~ = :t", `"IndexName":"~table-index~","ExpressionAttributeValues":{":t":{"S":"@"}}`)}
	mixedRead := partitionReads["batch-get-mixed"]
	getOf := operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}
	single := operation{"", "Query", query("~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"yellow"}}`)}
	anyPartition := operation{"", "Query", query("~partition~ > :t", `"ExpressionAttributeValues":{":t":{"S":"a"}}`)}
	codes := []string{"AccessDeniedException", "SerializationException", "ValidationException"}
	return append(all,
		&Attack{Name: "dynamodb/trailing-data", Does: attacker + ": a second body behind the first", Differs: "there is one body", Layer: Request, Codes: codes,
			Attempt: step(trailing), Control: step(get(`"Key":` + own))},
		&Attack{Name: "dynamodb/two-conditions", Does: attacker + ": a Query with two conditions on the partition key", Differs: "there is one condition", Layer: Request, Codes: codes,
			Attempt: step(conditions.of(attacker, victim)), Control: step(single.of(attacker, attacker))},
		&Attack{Name: "dynamodb/range-of-partitions", Does: attacker + ": a Query for partitions above a value", Differs: "the operator is =", Layer: IAM, Codes: denied,
			Attempt: step(anyPartition.of(attacker, victim)), Control: step(single.of(attacker, attacker))},
		&Attack{Name: "dynamodb/index", Does: attacker + ": a Query of an index by the own tenant", Differs: "there is no index", Layer: IAM, Codes: denied,
			Attempt: step(byIndex.of(attacker, attacker)), Control: step(single.of(attacker, attacker))},
		&Attack{Name: "dynamodb/other-case", Does: attacker + ": the partition of its name in other letters", Differs: "the letters are its own", Layer: IAM, Codes: denied,
			Attempt: step(get(`"Key":{"~partition~":{"S":"YELLOW"},"~sort~":{"S":"1001"}}`)), Control: step(get(`"Key":` + own))},
		&Attack{Name: "dynamodb/longer-name", Does: attacker + ": a partition that begins with its name", Differs: "the name is its own", Layer: IAM, Codes: denied,
			Attempt: step(get(`"Key":{"~partition~":{"S":"yellow2"},"~sort~":{"S":"1001"}}`)), Control: step(get(`"Key":` + own))},
		&Attack{Name: "dynamodb/own-index-of-nothing", Does: attacker + ": a Query of an index of another table by the own tenant", Differs: "it is ~table~ itself", Layer: IAM, Codes: denied,
			Attempt: step(request{by: attacker, operation: "Query", body: `{"TableName":"Billing","IndexName":"~table-index~","KeyConditionExpression":"~partition~ = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`}), Control: step(single.of(attacker, attacker))},
		&Attack{Name: "dynamodb/seed-index", Does: seeder + ": a Query of an index by the own tenant", Differs: asRoot, Layer: IAM, Codes: denied, needs: needs[seeder], by: seeder,
			Attempt: step(byIndex.of(seeder, attacker)), Control: step(byIndex.of(root, attacker))},
		&Attack{Name: "dynamodb/named-admin", Does: attacker + ": the partition Admin", Differs: "the partition is its own", Layer: IAM, Codes: denied,
			Attempt: step(getOf.of(attacker, "Admin")), Control: step(getOf.of(attacker, attacker))},
		&Attack{Name: "dynamodb/seed-named-admin", Does: seeder + ": PutItem into the partition Admin", Differs: "the partition is its own", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(operation{"", "PutItem", planted}.of(seeder, "Admin")), Control: step(operation{"", "PutItem", planted}.of(seeder, attacker))},
		&Attack{Name: "dynamodb/seed-wildcard-as-key", Does: seeder + ": PutItem into the partition *", Differs: "the partition is its own", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(operation{"", "PutItem", planted}.of(seeder, "*")), Control: step(operation{"", "PutItem", planted}.of(seeder, attacker))},
		&Attack{Name: "dynamodb/batch-named-admin", Does: attacker + ": a batch of the own partition and Admin", Differs: "both are its own", Layer: IAM, Codes: denied,
			Attempt: step(mixedRead.of(attacker, "Admin")), Control: step(mixedRead.of(attacker, attacker))},
		&Attack{Name: "dynamodb/seed-batch-named-admin", Does: seeder + ": BatchWriteItem into the own partition and Admin", Differs: "both are its own", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(partitionWrites["batch-write"].of(seeder, "Admin")), Control: step(partitionWrites["batch-write"].of(seeder, attacker))},
		&Attack{Name: "dynamodb/seed-other-table", Does: seeder + ": PutItem into the own partition of another table", Differs: "the table is ~table~", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(operation{"", "PutItem", strings.Replace(planted, table, "Billing", 1)}.of(seeder, attacker)), Control: step(operation{"", "PutItem", planted}.of(seeder, attacker))},
		&Attack{Name: "dynamodb/seed-other-case", Does: seeder + ": PutItem into the partition of its name in other letters", Differs: "the letters are its own", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(operation{"", "PutItem", planted}.of(seeder, "YELLOW")), Control: step(operation{"", "PutItem", planted}.of(seeder, attacker))},
		&Attack{Name: "dynamodb/seed-queries", Does: seeder + ": a Query of its own partition: it only writes", Differs: "the caller is " + attacker + "'s session", Layer: IAM, Codes: denied, needs: needs[seeder],
			Attempt: step(single.of(seeder, attacker)), Control: step(single.of(attacker, attacker))},
		&Attack{Name: "dynamodb/other-table", Does: attacker + ": the own partition of another table", Differs: "the table is ~table~", Layer: IAM, Codes: denied,
			Attempt: step(request{by: attacker, operation: "GetItem", body: `{"TableName":"Billing","Key":` + own + `}`}), Control: step(get(`"Key":` + own))},
		&Attack{Name: "dynamodb/batch-other-table", Does: attacker + ": a batch with another table", Differs: "the table is ~table~ alone", Layer: IAM, Codes: denied,
			Attempt: step(request{by: attacker, operation: "BatchGetItem", body: `{"RequestItems":{"~table~":{"Keys":[` + own + `]},"Billing":{"Keys":[` + own + `]}}}`}),
			Control: step(request{by: attacker, operation: "BatchGetItem", body: `{"RequestItems":{"~table~":{"Keys":[` + own + `]}}}`})},
	)
}

// ofServices are attacks by the services' own roles: these have no access to data, and the role that writes cannot read.
func ofServices() []*Attack {
	read := operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}
	scan := onTable("", "Scan")
	var all []*Attack
	for name, by := range map[string]string{"service-reads": service, "seed-task-reads": seedTask, "seed-reads": seeder} {
		all = append(all,
			&Attack{Name: "dynamodb/" + name, Does: by + ": GetItem", Differs: "the caller is " + attacker + "'s session", Layer: IAM, Codes: denied, needs: needs[by],
				Attempt: step(read.of(by, attacker)), Control: step(read.of(attacker, attacker))},
			&Attack{Name: "dynamodb/" + strings.Replace(name, "reads", "scans", 1), Does: by + ": Scan", Differs: asRoot, Layer: IAM, Codes: denied, needs: needs[by], by: by,
				Attempt: step(scan.of(by, "")), Control: step(scan.of(root, ""))})
	}
	slices.SortFunc(all, func(a, b *Attack) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ofStrays are attacks by sessions that no trust policy allows (see unguarded): only the permission policies deny them.
func ofStrays() []*Attack {
	read := operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}
	list := operation{"", "Query", query("~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"@"}}`)}
	write := operation{"", "PutItem", planted}
	var all []*Attack
	add := func(name, by, own string, o operation) {
		all = append(all, &Attack{
			Name: "dynamodb/" + name, Does: by + ": " + o.name, Differs: "the session has the tag", Layer: IAM, Codes: denied, needs: needs[own],
			Attempt: step(o.of(by, attacker)), Control: step(o.of(own, attacker)),
		})
	}
	add("untagged-reads", untagged, attacker, read)
	add("untagged-queries", untagged, attacker, list)
	add("empty-tag-reads", emptied, attacker, read)
	add("seed-untagged-writes", loose, seeder, write)
	return all
}
