package localaws_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const table = "TrackingData"

// startTracking is a localaws with the hardened roles, the table, and one shipment each for some tenants.
func startTracking(t testing.TB, tenants ...string) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	l.Load(t, iam.Hardened)
	if err := provision.Table(t.Context(), l.Config(localawstest.Root), table); err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(l.Config(localawstest.Root))
	for _, tenant := range tenants {
		item := key(tenant)
		item["Note"] = &types.AttributeValueMemberS{Value: "of " + tenant}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func key(tenant string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"TenantID":   &types.AttributeValueMemberS{Value: tenant},
		"ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
	}
}

func getItem(t testing.TB, client *dynamodb.Client, tenant string) (string, error) {
	t.Helper()
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(table), Key: key(tenant)})
	if err != nil {
		return "", err
	}
	note, _ := out.Item["Note"].(*types.AttributeValueMemberS)
	if note == nil {
		return "", nil
	}
	return note.Value, nil
}

// request makes a DynamoDB request that change may spoil before it is signed.
func request(t testing.TB, l *localawstest.Local, body string, change func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	if change != nil {
		change(r)
	}
	return r
}

// refused wants the last log entry to be a refusal with this code.
func refused(t *testing.T, l *localawstest.Local, code string) localaws.Entry {
	t.Helper()
	entries := l.Entries(t)
	if len(entries) == 0 {
		t.Fatalf("nothing was logged, want a refusal with %s", code)
	}
	last := entries[len(entries)-1]
	if last.Decision != "deny" || last.Code != code || last.Action != "" || last.Reason == "" {
		t.Errorf("logged %+v, want a refusal with %s", last, code)
	}
	return last
}
