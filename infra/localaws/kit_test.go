package localaws_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const table = "Notes"

// notes are the roles of a notes service with one partition per tenant.
var notes = os.DirFS("localawstest/testdata/notes")

// startNotes is a localaws with the roles and the table of a notes service, and one note each for some tenants.
func startNotes(t testing.TB, tenants ...string) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	l.Load(t, notes)
	createTable(t, l, table)
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

func createTable(t testing.TB, l *localawstest.Local, name string) {
	t.Helper()
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	if _, err := dynamodb.NewFromConfig(l.Config(localawstest.Root)).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{attribute("TenantID"), attribute("NoteID")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("TenantID"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("NoteID"), KeyType: types.KeyTypeRange},
		},
	}); err != nil {
		t.Fatal(err)
	}
}

// sessionOf is a tenant's session, as the notes service gets it.
func sessionOf(t testing.TB, l *localawstest.Local, tenant string) localawstest.Credentials {
	t.Helper()
	return l.Session(t, l.RoleCredentials(t, "NotesService", "task"), "NotesReader", tenant+"@test", map[string]string{"TenantID": tenant})
}

func key(tenant string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"TenantID": &types.AttributeValueMemberS{Value: tenant},
		"NoteID":   &types.AttributeValueMemberS{Value: "1001"},
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
