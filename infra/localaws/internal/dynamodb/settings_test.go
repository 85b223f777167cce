package dynamodb

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const createSettings = `{"TableName":"TrackingData","AttributeDefinitions":[{"AttributeName":"TenantID","AttributeType":"S"},{"AttributeName":"Port","AttributeType":"S"}],` +
	`"KeySchema":[{"AttributeName":"TenantID","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"ByPort","KeySchema":[{"AttributeName":"Port","KeyType":"HASH"}],` +
	`"Projection":{"ProjectionType":"ALL"}THROUGHPUT}],`

// wantShown fails unless an answer's description of a table has the members of want, and lacks those that are null there.
func wantShown(t *testing.T, what, answer, want string) {
	t.Helper()
	var got struct{ Table, TableDescription map[string]any }
	var wanted map[string]any
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	if got.Table == nil {
		got.Table = got.TableDescription
	}
	for name, w := range wanted {
		if !reflect.DeepEqual(got.Table[name], w) {
			t.Errorf("%s: %s is %v, want %v", what, name, got.Table[name], w)
		}
	}
}

// TestUpdateTableTakesBackWhatCreateTableTook: a table is made with everything, and then each is changed to what it is without.
func TestUpdateTableTakesBackWhatCreateTableTook(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:000000000000:key/"
	for name, row := range map[string]struct{ created, shown, update, after string }{
		"deletion protection": {`"DeletionProtectionEnabled":true`, `{"DeletionProtectionEnabled":true}`,
			`"DeletionProtectionEnabled":false`, `{"DeletionProtectionEnabled":false}`},
		"class": {`"TableClass":"STANDARD_INFREQUENT_ACCESS"`, `{"TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS"}}`,
			`"TableClass":"STANDARD"`, `{"TableClassSummary":{"TableClass":"STANDARD","LastUpdateDateTime":1772366400}}`},
		"encryption with DynamoDB's key": {`"SSESpecification":{"Enabled":true}`,
			`{"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"` + key + `00000000-0000-4000-8000-0064796e616d"}}`,
			`"SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"1234"}`,
			`{"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"` + key + `1234"}}`},
		"encryption": {`"SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"` + key + `1"}`,
			`{"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"` + key + `1"}}`,
			`"SSESpecification":{"Enabled":false}`, `{"SSEDescription":null}`},
		"no encryption": {`"SSESpecification":{"Enabled":false}`, `{"SSEDescription":null}`,
			`"SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/mine"}`,
			`{"SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:us-east-1:000000000000:alias/mine"}}`},
		"limits on demand": {`"OnDemandThroughput":{"MaxReadRequestUnits":10,"MaxWriteRequestUnits":20}`,
			`{"OnDemandThroughput":{"MaxReadRequestUnits":10,"MaxWriteRequestUnits":20}}`,
			`"OnDemandThroughput":{"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":-1}`, `{"OnDemandThroughput":null}`},
		"warm throughput": {`"WarmThroughput":{"ReadUnitsPerSecond":13000}`,
			`{"WarmThroughput":{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}}`,
			`"WarmThroughput":{"WriteUnitsPerSecond":5000}`,
			`{"WarmThroughput":{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":5000,"Status":"ACTIVE"}}`},
		"nothing": {`"DeletionProtectionEnabled":false`,
			`{"DeletionProtectionEnabled":false,"SSEDescription":null,"OnDemandThroughput":null,"TableClassSummary":null,
			"WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}}`,
			`"DeletionProtectionEnabled":true`, `{"DeletionProtectionEnabled":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, filepath.Join(t.TempDir(), "db"))
			s, err := New(Config{DB: db, Now: func() time.Time { return testTime }})
			if err != nil {
				t.Fatal(err)
			}
			wantShown(t, "created", must(t, s, "CreateTable", strings.Replace(createSettings, "THROUGHPUT", "", 1)+row.created+`,"BillingMode":"PAY_PER_REQUEST"}`), row.shown)
			wantShown(t, "described", must(t, s, "DescribeTable", tName), row.shown)
			wantShown(t, "updated", must(t, s, "UpdateTable", setting(row.update)), row.after)
			wantShown(t, "described then", must(t, s, "DescribeTable", tName), row.after)
			reopened, err := New(Config{DB: db})
			if err != nil {
				t.Fatal(err)
			}
			wantShown(t, "after a restart", must(t, reopened, "DescribeTable", tName), row.after)
		})
	}
}

func TestUpdateTableChangesBillingModeAndCapacityOfTableAndIndexes(t *testing.T) {
	s := newService(t)
	const through = `,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}`
	must(t, s, "CreateTable", strings.Replace(createSettings, "THROUGHPUT", through, 1)+through[1:]+`}`)
	must(t, s, "PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"yellow"},"Port":{"S":"Oslo"}}}`)
	units := func(read, write string) string {
		return `{"NumberOfDecreasesToday":0,"ReadCapacityUnits":` + read + `,"WriteCapacityUnits":` + write + `}`
	}
	index := func(units, warm string) string {
		return `[{"IndexName":"ByPort","IndexArn":"` + trackingARN + `/index/ByPort","IndexStatus":"ACTIVE","ProvisionedThroughput":` + units +
			`,"WarmThroughput":{` + warm + `,"Status":"ACTIVE"},"KeySchema":[{"AttributeName":"Port","KeyType":"HASH"}],` +
			`"Projection":{"ProjectionType":"ALL"},"ItemCount":1,"IndexSizeBytes":22}]`
	}
	const onDemand = `"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000`
	for _, row := range []struct{ update, want string }{
		{`"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}`,
			`{"BillingModeSummary":null,"ProvisionedThroughput":` + units("3", "4") + `,"GlobalSecondaryIndexes":` + index(units("1", "2"), `"ReadUnitsPerSecond":1,"WriteUnitsPerSecond":2`) + `}`},
		{`"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"ByPort","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6}}}]`,
			`{"ProvisionedThroughput":` + units("3", "4") + `,"GlobalSecondaryIndexes":` + index(units("5", "6"), `"ReadUnitsPerSecond":5,"WriteUnitsPerSecond":6`) + `}`},
		{`"BillingMode":"PAY_PER_REQUEST"`,
			`{"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1772366400},"ProvisionedThroughput":` + units("0", "0") +
				`,"WarmThroughput":{` + onDemand + `,"Status":"ACTIVE"},"GlobalSecondaryIndexes":` + index(units("0", "0"), onDemand) + `}`},
		{`"BillingMode":"PAY_PER_REQUEST"`, `{"ProvisionedThroughput":` + units("0", "0") + `}`}, // AWS takes it again
		{`"BillingMode":"PROVISIONED"` + through + `,"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"ByPort"` + through + `}}]`,
			`{"BillingModeSummary":{"BillingMode":"PROVISIONED","LastUpdateToPayPerRequestDateTime":1772366400},"ProvisionedThroughput":` + units("1", "2") +
				`,"GlobalSecondaryIndexes":` + index(units("1", "2"), `"ReadUnitsPerSecond":1,"WriteUnitsPerSecond":2`) + `}`},
	} {
		wantShown(t, row.update, must(t, s, "UpdateTable", setting(row.update)), row.want)
		wantShown(t, row.update, must(t, s, "DescribeTable", tName), row.want)
	}
	_, err := do(s, "UpdateTable", setting(through[1:]))
	wantCode(t, err, invalid, "The provisioned throughput for the table will not change. The requested value equals the current value.", "the same capacity")
	// The index keeps its entries, and is kept.
	must(t, s, "PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"blue"},"Port":{"S":"Oslo"}}}`)
	oslo := query + `"IndexName":"ByPort","KeyConditionExpression":"Port = :p","ExpressionAttributeValues":{":p":{"S":"Oslo"}}}`
	if got := ask(t, s, "Query", oslo).texts("TenantID"); got != "blue yellow" {
		t.Errorf("got %q, want blue yellow", got)
	}
}

func TestATableThatWasProtectedCanBeDeletedOnceItIsNot(t *testing.T) {
	s := newService(t)
	must(t, s, "CreateTable", createWith(`"BillingMode"`, `"DeletionProtectionEnabled":true,"BillingMode"`))
	late, err := read(s, "DeleteTable", `{"TableName":"NewTable"}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = late.Answer(t.Context())
	wantCode(t, err, invalid, "protected against deletion", "DeleteTable")
	must(t, s, "UpdateTable", `{"TableName":"NewTable","DeletionProtectionEnabled":false}`)
	must(t, s, "DeleteTable", `{"TableName":"NewTable"}`)
}

func TestTimeToLiveIsKept(t *testing.T) {
	s := newTracking(t)
	spec := func(attribute, enabled string) string {
		return setting(`"TimeToLiveSpecification":{"AttributeName":"` + attribute + `","Enabled":` + enabled + `}`)
	}
	const disabled = `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`
	for _, row := range []struct{ body, refused, want string }{
		{spec("Expires", "false"), "TimeToLive is already disabled", disabled},
		{spec("", "true"), "timeToLiveSpecification.attributeName", disabled},
		{tName, "timeToLiveSpecification", disabled},
		{setting(`"TimeToLiveSpecification":{"AttributeName":"Expires"}`), "timeToLiveSpecification.enabled", disabled},
		{spec("Expires", "true"), "", `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"Expires"}}`},
		{spec("Expires", "true"), "TimeToLive is already enabled", `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"Expires"}}`},
		{spec("Other", "true"), "TimeToLive is active on a different AttributeName: current AttributeName is Expires", `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"Expires"}}`},
		{spec("Expires", "false"), "", disabled},
	} {
		out, err := do(s, "UpdateTimeToLive", row.body)
		if row.refused != "" {
			wantCode(t, err, invalid, row.refused, row.body)
		} else if want := strings.Replace(row.body, tName[1:len(tName)-1]+",", "", 1); err != nil || out != want {
			t.Errorf("%s: got %s, %v, want %s", row.body, out, err, want)
		}
		if got := must(t, s, "DescribeTimeToLive", tName); got != row.want {
			t.Errorf("%s: got %s, want %s", row.body, got, row.want)
		}
	}
	_, err := do(s, "UpdateTimeToLive", strings.Replace(spec("Expires", "true"), "TrackingData", "Missing", 1))
	wantCode(t, err, "ResourceNotFoundException", "Requested resource not found: Table: Missing not found", "a table that is not there")
}

func TestPointInTimeRecoveryIsKept(t *testing.T) {
	now := testTime
	s := newServiceAt(t, func() time.Time { return now })
	must(t, s, "CreateTable", createBody("TrackingData", "TenantID", "S", "", ""))
	spec := func(members string) string { return setting(`"PointInTimeRecoverySpecification":{` + members + `}`) }
	backups := func(recovery string) string {
		return `{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{` + recovery + `}}}`
	}
	const disabled = `"PointInTimeRecoveryStatus":"DISABLED"`
	enabled := func(days string) string {
		return `"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":` + days + `,"EarliestRestorableDateTime":1772366400,"LatestRestorableDateTime":1772366400`
	}
	for _, row := range []struct{ body, refused, want string }{
		{tName, "pointInTimeRecoverySpecification", disabled},
		{spec(``), "pointInTimeRecoveryEnabled", disabled},
		{spec(`"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":36`), "less than or equal to 35", disabled},
		{spec(`"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":0`), "greater than or equal to 1", disabled},
		{spec(`"PointInTimeRecoveryEnabled":true`), "", enabled("35")},
		{spec(`"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7`), "", enabled("7")},
		{spec(`"PointInTimeRecoveryEnabled":false,"RecoveryPeriodInDays":7`), "Cannot specify RecoveryPeriodInDays", enabled("7")},
		{spec(`"PointInTimeRecoveryEnabled":false`), "", disabled},
	} {
		out, err := do(s, "UpdateContinuousBackups", row.body)
		if row.refused != "" {
			wantCode(t, err, invalid, row.refused, row.body)
		} else if err != nil || out != backups(row.want) {
			t.Errorf("%s: got %s, %v, want %s", row.body, out, err, backups(row.want))
		}
		if got := must(t, s, "DescribeContinuousBackups", tName); got != backups(row.want) {
			t.Errorf("%s: got %s, want %s", row.body, got, backups(row.want))
		}
	}
	for _, operation := range []string{"DescribeContinuousBackups", "UpdateContinuousBackups"} {
		_, err := do(s, operation, strings.Replace(spec(`"PointInTimeRecoveryEnabled":true`), "TrackingData", "Missing", 1))
		wantCode(t, err, "ResourceNotFoundException", "Requested resource not found: Table: Missing not found", operation)
	}
}

func TestTagsAreAddedReplacedAndRemoved(t *testing.T) {
	s := newTracking(t)
	of := func(members string) string { return `{"ResourceArn":"` + trackingARN + `",` + members + `}` }
	tags := func(want string) {
		t.Helper()
		if got := must(t, s, "ListTagsOfResource", `{"ResourceArn":"`+trackingARN+`"}`); got != `{"Tags":[`+want+`]}` {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	must(t, s, "TagResource", of(`"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]`))
	tags(`{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}`)
	if out := must(t, s, "TagResource", of(`"Tags":[{"Key":"a","Value":"3"},{"Key":"c","Value":""}]`)); out != `{}` {
		t.Errorf("got %s, want {}", out)
	}
	tags(`{"Key":"a","Value":"3"},{"Key":"b","Value":"2"},{"Key":"c","Value":""}`)
	must(t, s, "UntagResource", of(`"TagKeys":["a","c","none"]`))
	tags(`{"Key":"b","Value":"2"}`)
	call, err := read(s, "DescribeTable", tName)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	call.Permissions[0].Context.Each(func(key string, _ []string, _ bool) { seen[key] = true })
	if !seen["aws:ResourceTag/b"] || seen["aws:ResourceTag/a"] {
		t.Errorf("got the keys %v, want those of the tag that is left", seen)
	}
	many := make([]string, 50)
	for i := range many {
		many[i] = fmt.Sprintf(`{"Key":"k%d","Value":""}`, i)
	}
	for _, row := range []struct{ operation, body, code, text string }{
		{"TagResource", of(`"Tags":[]`), invalid, "Atleast one Tag needs to be provided as Input."},
		{"UntagResource", of(`"TagKeys":[]`), invalid, "Atleast one Tag Key needs to be provided as Input."},
		{"TagResource", of(`"TagKeys":["a"]`), invalid, "Value null at 'tags'"},
		{"UntagResource", of(`"Tags":[{"Key":"a","Value":"1"}]`), invalid, "Value null at 'tagKeys'"},
		{"TagResource", of(`"Tags":[{"Key":"","Value":"1"}]`), invalid, "The Tag Key provided is invalid"},
		{"TagResource", of(`"Tags":[{"Key":"aws:a","Value":"1"}]`), invalid, "Tag Key cannot be prefixed with aws:"},
		{"TagResource", of(`"Tags":[{"Key":"a","Value":"` + strings.Repeat("x", 257) + `"}]`), invalid, "The Tag Value provided is invalid"},
		{"TagResource", of(`"Tags":[` + strings.Join(many, ",") + `]`), invalid, "Number of Tags exceed the current limit for the provided ResourceArn"},
		{"TagResource", strings.Replace(of(`"Tags":[{"Key":"a","Value":"1"}]`), "TrackingData", "Missing", 1), "ResourceNotFoundException", "Requested resource not found: ResourcArn"},
		{"UntagResource", strings.Replace(of(`"TagKeys":["a"]`), "TrackingData", "Missing", 1), "ResourceNotFoundException", "Requested resource not found: ResourcArn"},
		{"TagResource", of(`"Tags":[{"Key":"aw\u017f:a","Value":"1"}]`), invalid, "Tag Key cannot be prefixed with aws:"}, // U+017F folds to s
		{"CreateTable", createWith(`"BillingMode"`, `"Tags":[{"Key":"aws:a","Value":"1"}],"BillingMode"`), invalid, "Tag Key cannot be prefixed with aws:"},
	} {
		_, err := do(s, row.operation, row.body)
		wantCode(t, err, row.code, row.text, row.operation+" "+row.body)
		tags(`{"Key":"b","Value":"2"}`)
	}
}
