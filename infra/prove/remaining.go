package prove

import (
	"slices"
	"strings"
	"unicode"

	"example.com/shiptrack/infra/localaws"
)

// everyMember is a body that names the table and its parts, in the members of all operations.
const everyMember = `{"TableName":"~table~","TableArn":"` + arn + `","ResourceArn":"` + arn + `","GlobalTableName":"~table~",
	"BackupArn":"` + arn + `/backup/01489602797149-73d8d5bc","ExportArn":"` + arn + `/export/01489602797149-73d8d5bc","ImportArn":"` + arn + `/import/01489602797149-73d8d5bc",
	"BulkOperationArn":"` + arn + `/bulk-operation/01489602797149-73d8d5bc","TargetTableName":"Mine"}`

// tailored are bodies of operations that want more than everyMember.
var tailored = map[string]string{
	"GetRecords":              `{"ShardIterator":"` + arn + `/stream/2026-01-01T00:00:00.000|1|x"}`,
	"GetShardIterator":        `{"StreamArn":"` + arn + `/stream/2026-01-01T00:00:00.000","ShardId":"shardId-00000000000000000000","ShardIteratorType":"LATEST"}`,
	"ImportTable":             `{"TableCreationParameters":{"TableName":"Mine"}}`,
	"SearchVectors":           `{"TableName":"~table~","IndexName":"~table-index~"}`,
	"UntagResource":           `{"ResourceArn":"` + arn + `","TagKeys":["~tag~"]}`,
	"UpdateContinuousBackups": `{"TableName":"~table~","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":false}}`,
	"CreateTable":             `{"TableName":"Mine","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"~partition~","AttributeType":"S"}],"KeySchema":[{"AttributeName":"~partition~","KeyType":"HASH"}]}`,
}

// open are operations that need no permission.
var open = []string{"DescribeEndpoints"}

// remaining are the operations of the API that no attack has yet: none is granted, and root may ask for each.
func remaining() []*Attack {
	tried := map[string]bool{}
	for _, o := range partitionReads {
		tried[o.name] = true
	}
	for _, o := range notGranted {
		tried[o.name] = true
	}
	var all []*Attack
	for _, name := range localaws.DynamoDBOperations() {
		if tried[name] || slices.Contains(open, name) {
			continue
		}
		body, ok := tailored[name]
		if !ok {
			body = everyMember
		}
		a := ofCaller(hyphenated(name), attacker, operation{name, name, body})
		a.local = true // AWS does not document what it does with members that it does not know
		all = append(all, a)
	}
	return all
}

// hyphenated turns ListBackups into list-backups.
func hyphenated(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
