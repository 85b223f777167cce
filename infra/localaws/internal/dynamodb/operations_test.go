package dynamodb

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// facts are a permission in one line: action, resource, LeadingKeys. The keys stand in brackets; "-" is
// an absent key, "?" an unknown one.
func facts(p api.Permission) string {
	resource := strings.TrimPrefix(p.Resource, "arn:aws:dynamodb:us-east-1:000000000000:")
	return strings.TrimPrefix(p.Action, "dynamodb:") + " " + resource + " " + keyFacts(p, "dynamodb:LeadingKeys")
}

func keyFacts(p api.Permission, key string) string {
	out := "-"
	p.Context.Each(func(name string, values []string, unknown bool) {
		switch {
		case !strings.EqualFold(name, key):
		case unknown:
			out = "?"
		default:
			out = "[" + strings.Join(values, " ") + "]"
		}
	})
	return out
}

const (
	ownKey  = `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1001"}}`
	tArn    = `arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData`
	tName   = `{"TableName":"TrackingData"}`
	tItems  = "BatchWriteItem table/TrackingData ?|DeleteItem table/TrackingData ?|GetItem table/TrackingData ?|PutItem table/TrackingData ?|Query table/TrackingData ?|Scan table/TrackingData ?|UpdateItem table/TrackingData ?"
	onT     = " table/TrackingData -"
	keyCond = `"KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}`
)

// operationRows has one row for every operation of the API: a request, and the permissions that it needs,
// separated by '|'. An empty want stands for the operation's own action on the table, without keys.
var operationRows = []struct{ operation, body, want string }{
	{"GetItem", `{"TableName":"TrackingData","Key":` + ownKey + `}`, "GetItem table/TrackingData [yellow]"},
	{"PutItem", `{"TableName":"TrackingData","Item":` + ownKey + `}`, "PutItem table/TrackingData [yellow]"},
	{"UpdateItem", `{"TableName":"TrackingData","Key":` + ownKey + `,"UpdateExpression":"REMOVE a"}`, "UpdateItem table/TrackingData [yellow]"},
	{"DeleteItem", `{"TableName":"TrackingData","Key":` + ownKey + `}`, "DeleteItem table/TrackingData [yellow]"},
	{"Query", `{"TableName":"TrackingData",` + keyCond + `}`, "Query table/TrackingData [yellow]"},
	{"Scan", tName, ""},
	{"SearchVectors", `{"TableName":"TrackingData","IndexName":"Vec","TopK":3,"SearchVector":[]}`, "SearchVectors table/TrackingData ?|SearchVectors table/TrackingData/index/Vec ?"},
	{"BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[` + ownKey + `]}}}`, "BatchGetItem table/TrackingData [yellow]"},
	{"BatchWriteItem", `{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + ownKey + `}}]}}`, "BatchWriteItem table/TrackingData [yellow]"},
	{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"TrackingData","Key":` + ownKey + `}}]}`, "GetItem table/TrackingData [yellow]"},
	{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"TrackingData","Item":` + ownKey + `}},
		{"Update":{"TableName":"TrackingData","Key":` + ownKey + `,"UpdateExpression":"REMOVE a"}},
		{"Delete":{"TableName":"TrackingData","Key":` + ownKey + `}},
		{"ConditionCheck":{"TableName":"TrackingData","Key":` + ownKey + `,"ConditionExpression":"attribute_exists(a)"}}]}`,
		"PutItem table/TrackingData [yellow]|UpdateItem table/TrackingData [yellow]|DeleteItem table/TrackingData [yellow]|ConditionCheckItem table/TrackingData [yellow]"},
	{"ExecuteStatement", `{"Statement":"SELECT * FROM \"TrackingData\" WHERE TenantID = 'yellow'"}`, "PartiQLSelect table/TrackingData [yellow]"},
	{"BatchExecuteStatement", `{"Statements":[{"Statement":"DELETE FROM TrackingData WHERE TenantID = ? AND ShipmentID = '1'","Parameters":[{"S":"yellow"}]}]}`, "PartiQLDelete table/TrackingData [yellow]"},
	{"ExecuteTransaction", `{"TransactStatements":[{"Statement":"INSERT INTO TrackingData VALUE {'TenantID': 'yellow', 'ShipmentID': '1'}"},
		{"Statement":"UPDATE TrackingData SET a = 1 WHERE TenantID = 'yellow' AND ShipmentID = '1'"}]}`,
		"PartiQLInsert table/TrackingData [yellow]|PartiQLUpdate table/TrackingData [yellow]"},

	{"CreateTable", tName, ""},
	{"DeleteTable", tName, ""},
	{"DescribeTable", tName, ""},
	{"ListTables", `{}`, "ListTables * -"},
	{"DescribeTimeToLive", tName, ""},
	{"ListTagsOfResource", `{"ResourceArn":"` + tArn + `"}`, ""},
	{"DescribeLimits", `{}`, "DescribeLimits * -"},
	{"DescribeEndpoints", `{}`, "DescribeEndpoints * -"},
	{"UpdateTimeToLive", tName, ""},
	{"UpdateTableReplicaAutoScaling", tName, ""},
	{"DescribeTableReplicaAutoScaling", tName, ""},
	{"TagResource", `{"ResourceArn":"` + tArn + `","Tags":[{"Key":"a","Value":"b"}]}`, ""},
	{"UntagResource", `{"ResourceArn":"` + tArn + `","TagKeys":["a"]}`, ""},
	{"PutResourcePolicy", `{"ResourceArn":"` + tArn + `/stream/2026","Policy":"{}"}`, "PutResourcePolicy table/TrackingData/stream/2026 -"},
	{"GetResourcePolicy", `{"ResourceArn":"` + tArn + `"}`, ""},
	{"DeleteResourcePolicy", `{"ResourceArn":"` + tArn + `"}`, ""},
	{"UpdateTable", `{"TableName":"TrackingData","ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}]}`,
		"UpdateTable" + onT + "|CreateTable" + onT + "|CreateTableReplica" + onT + "|DeleteTableReplica" + onT + "|" + tItems},
	{"DescribeContributorInsights", `{"TableName":"TrackingData","IndexName":"ByStatus"}`, "DescribeContributorInsights table/TrackingData/index/ByStatus -"},
	{"UpdateContributorInsights", tName, ""},
	{"ListContributorInsights", `{}`, "ListContributorInsights * -"},

	{"CreateBackup", `{"TableName":"TrackingData","BackupName":"b"}`, ""},
	{"DeleteBackup", `{"BackupArn":"` + tArn + `/backup/01-a"}`, "DeleteBackup table/TrackingData/backup/01-a -"},
	{"DescribeBackup", `{"BackupArn":"` + tArn + `/backup/01-a"}`, "DescribeBackup table/TrackingData/backup/01-a -"},
	{"ListBackups", `{}`, "ListBackups * -"},
	{"DescribeContinuousBackups", tName, ""},
	{"UpdateContinuousBackups", tName, ""},
	{"RestoreTableFromBackup", `{"BackupArn":"` + strings.Replace(tArn, "TrackingData", "Source", 1) + `/backup/01-a","TargetTableName":"TrackingData"}`,
		"RestoreTableFromBackup table/Source/backup/01-a -|RestoreTableFromBackup" + onT + "|" + tItems},
	{"RestoreTableToPointInTime", `{"SourceTableName":"Source","TargetTableName":"TrackingData"}`,
		"RestoreTableToPointInTime table/Source -|RestoreTableToPointInTime" + onT + "|" + tItems + "|Scan table/Source ?|Query table/Source ?"},
	{"ExportTableToPointInTime", `{"TableArn":"` + tArn + `","S3Bucket":"b"}`, ""},
	{"DescribeExport", `{"ExportArn":"` + tArn + `/export/01-a"}`, "DescribeExport table/TrackingData/export/01-a -"},
	{"ListExports", `{"TableArn":"` + tArn + `"}`, ""},
	{"ImportTable", `{"TableCreationParameters":{"TableName":"TrackingData"}}`, ""},
	{"DescribeImport", `{"ImportArn":"` + tArn + `/import/01-a"}`, "DescribeImport table/TrackingData/import/01-a -"},
	{"ListImports", `{}`, "ListImports * -"},
	{"StartBulkPutItems", tName, "StartBulkPutItems table/TrackingData ?"},
	{"DescribeBulkOperation", `{"BulkOperationArn":"` + tArn + `/bulk-operation/01-a"}`, "DescribeBulkOperation table/TrackingData/bulk-operation/01-a -"},
	{"CancelBulkOperation", `{"BulkOperationArn":"` + tArn + `/bulk-operation/01-a"}`, "CancelBulkOperation table/TrackingData/bulk-operation/01-a -"},
	{"ListBulkOperations", `{}`, "ListBulkOperations * -"},

	{"CreateGlobalTable", `{"GlobalTableName":"TrackingData"}`, "CreateGlobalTable arn:aws:dynamodb::000000000000:global-table/TrackingData -|CreateGlobalTable" + onT},
	{"UpdateGlobalTable", `{"GlobalTableName":"TrackingData"}`, "UpdateGlobalTable arn:aws:dynamodb::000000000000:global-table/TrackingData -|UpdateGlobalTable" + onT},
	{"UpdateGlobalTableSettings", `{"GlobalTableName":"TrackingData"}`, "UpdateGlobalTableSettings arn:aws:dynamodb::000000000000:global-table/TrackingData -|UpdateGlobalTableSettings" + onT},
	{"DescribeGlobalTable", `{"GlobalTableName":"TrackingData"}`, "DescribeGlobalTable arn:aws:dynamodb::000000000000:global-table/TrackingData -"},
	{"DescribeGlobalTableSettings", `{"GlobalTableName":"TrackingData"}`, "DescribeGlobalTableSettings arn:aws:dynamodb::000000000000:global-table/TrackingData -"},
	{"ListGlobalTables", `{}`, "ListGlobalTables * -"},

	{"EnableKinesisStreamingDestination", tName, ""},
	{"DisableKinesisStreamingDestination", tName, ""},
	{"UpdateKinesisStreamingDestination", tName, ""},
	{"DescribeKinesisStreamingDestination", tName, ""},
	{"DescribeStream", `{"StreamArn":"` + tArn + `/stream/2026-01-01T00:00:00.000"}`, "DescribeStream table/TrackingData/stream/2026-01-01T00:00:00.000 -"},
	{"GetShardIterator", `{"StreamArn":"` + tArn + `/stream/2026"}`, "GetShardIterator table/TrackingData/stream/2026 -"},
	{"GetRecords", `{"ShardIterator":"` + tArn + `/stream/2026|1|AAAA"}`, "GetRecords table/TrackingData/stream/2026 -"},
	{"ListStreams", `{}`, "ListStreams * -"},
}

func TestEveryOperationNamesItsActionsResourcesAndLeadingKeys(t *testing.T) {
	s := newTracking(t)
	for _, row := range operationRows {
		t.Run(row.operation, func(t *testing.T) {
			want := row.want
			if want == "" {
				want = row.operation + onT
			}
			// The control differs in the tenant, or where no key is named, in the table.
			for _, other := range []*strings.Replacer{
				strings.NewReplacer(), strings.NewReplacer("yellow", "blue"), strings.NewReplacer("TrackingData", "Other"),
			} {
				body := other.Replace(row.body)
				call, err := read(s, row.operation, body)
				if err != nil {
					t.Fatalf("%s: %v", body, err)
				}
				var got []string
				for _, p := range call.Permissions {
					got = append(got, facts(p))
				}
				if want := strings.Split(other.Replace(want), "|"); !slices.Equal(got, want) {
					t.Errorf("%s:\n got %q\nwant %q", body, got, want)
				}
			}
		})
	}
}

func TestTheTableHasEveryOperationOfTheAPI(t *testing.T) {
	rows := map[string]bool{}
	for _, row := range operationRows {
		if rows[row.operation] {
			t.Errorf("%s has two rows", row.operation)
		}
		rows[row.operation] = true
	}
	want := []string{"DescribeStream", "GetShardIterator", "GetRecords", "ListStreams"} // DynamoDB Streams
	sdk := reflect.TypeFor[*client.Client]()
	for i := range sdk.NumMethod() {
		if name := sdk.Method(i).Name; name != "Options" {
			want = append(want, name)
		}
	}
	operations := Operations()
	for _, name := range want {
		if ok := slices.Contains(operations, name); !ok || !rows[name] {
			t.Errorf("%s: in the table of operations: %t, has a row: %t", name, ok, rows[name])
		}
	}
	if len(operations) != len(want) || len(rows) != len(want) {
		t.Errorf("got %d operations and %d rows, want %d", len(operations), len(rows), len(want))
	}
}

func TestAnOperationThatAWSHasNotIsUnknown(t *testing.T) {
	s := newTracking(t)
	for _, name := range []string{"", "getItem", "GetItems", "CreateIndex", "DynamoDB_20120810.GetItem"} {
		_, err := read(s, name, tName)
		wantCode(t, err, "UnknownOperationException", "", name)
	}
}

func TestAnOperationThatTheStoreHasNotIsAuthorizedThenUnknown(t *testing.T) {
	s := newTracking(t)
	for _, name := range []string{"ExecuteStatement", "CreateBackup", "SearchVectors", "GetRecords", "DescribeLimits"} {
		for _, row := range operationRows {
			if row.operation != name {
				continue
			}
			call, err := read(s, name, row.body)
			if err != nil || len(call.Permissions) == 0 {
				t.Fatalf("%s: got %v, want permissions", name, err)
			}
			_, err = call.Answer(t.Context())
			wantCode(t, err, "UnknownOperationException", "", name)
		}
	}
}

// What an operation is read to must be something that package answer answers.
func TestEveryReadingHasAnAnswer(t *testing.T) {
	for _, row := range operationRows {
		s := newTracking(t)
		call, err := read(s, row.operation, row.body)
		if err != nil {
			t.Fatalf("%s: %v", row.operation, err)
		}
		var refused *api.Error
		if _, err := call.Answer(t.Context()); err != nil && !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want an answer or a refusal", row.operation, err)
		}
	}
}
