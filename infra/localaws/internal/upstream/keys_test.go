package upstream_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// typedTable is notesTable with the types of its keys, which every DynamoDB tells.
var typedTable = strings.Replace(notesTable, `"KeySchema"`, `"AttributeDefinitions":[{"AttributeName":"TenantID","AttributeType":"S"},`+
	`{"AttributeName":"NoteID","AttributeType":"S"},{"AttributeName":"HeldBy","AttributeType":"S"},{"AttributeName":"Date","AttributeType":"S"}],"KeySchema"`, 1)

const (
	own       = `"TenantID":{"S":"yellow"}`
	note      = `"NoteID":{"S":"1001"}`
	extra     = `,"Extra":{"S":"blue"}`
	mismatch  = "The provided key element does not match the schema"
	badStart  = "The provided starting key is invalid: The provided key element does not match the schema"
	noKey     = "One or more parameter values were invalid: Missing the key NoteID in the item"
	emptyText = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: NoteID"
	query     = `{"TableName":"Notes","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}},"ExclusiveStartKey":`
)

// TestKeyBesideTheSchemaIsNotForwarded: the caller may do all of it; another reader might find another key in it.
func TestKeyBesideTheSchemaIsNotForwarded(t *testing.T) {
	const table = `{"TableName":"Notes",`
	for _, tc := range []struct{ name, operation, body, want string }{
		{"a key", "GetItem", table + `"Key":{` + own + `,` + note + `}}`, ""},
		{"an attribute beside it", "GetItem", table + `"Key":{` + own + `,` + note + extra + `}}`, mismatch},
		{"its name in another case", "GetItem", table + `"Key":{` + own + `,"noteid":{"S":"1"}}}`, mismatch},
		{"no sort key", "GetItem", table + `"Key":{` + own + `}}`, mismatch},
		{"a number in place of a string", "GetItem", table + `"Key":{` + own + `,"NoteID":{"N":"1"}}}`, mismatch},
		{"an empty string", "GetItem", table + `"Key":{` + own + `,"NoteID":{"S":""}}}`, emptyText},
		{"of an update", "UpdateItem", table + `"Key":{` + own + `,` + note + extra + `}}`, mismatch},
		{"of a delete", "DeleteItem", table + `"Key":{` + own + `,` + note + extra + `}}`, mismatch},
		{"of a put", "PutItem", table + `"Item":{` + own + extra + `}}`, noKey},
		{"a put with more attributes", "PutItem", table + `"Item":{` + own + `,` + note + extra + `}}`, ""},
		{"of a batch", "BatchGetItem", `{"RequestItems":{"Notes":{"Keys":[{` + own + `,` + note + `},{` + own + `,` + note + extra + `}]}}}`, mismatch},
		{"of a batch of writes", "BatchWriteItem", `{"RequestItems":{"Notes":[{"DeleteRequest":{"Key":{` + own + `,` + note + extra + `}}}]}}`, mismatch},
		{"of a batch of puts", "BatchWriteItem", `{"RequestItems":{"Notes":[{"PutRequest":{"Item":{` + own + extra + `}}}]}}`, mismatch},
		{"of a transaction", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"Notes","Key":{` + own + `,` + note + extra + `}}}]}`, mismatch},
		{"of a transaction of writes", "TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"Notes","Key":{` + own + `,` + note + extra + `}}}]}`, mismatch},
		{"of a transaction of puts", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"Notes","Item":{` + own + extra + `}}}]}`, noKey},
		{"a start key", "Query", query + `{` + own + `,` + note + `}}`, ""},
		{"a start key without the partition key", "Query", query + `{` + note + `}}`, badStart},
		{"a start key with another name for it", "Query", query + `{"tenantid":{"S":"blue"},` + note + `}}`, badStart},
		{"an empty start key", "Query", query + `{}}`, badStart},
		{"a start key with more", "Query", query + `{` + own + `,` + note + extra + `}}`, badStart},
		{"a start key of a scan", "Scan", table + `"ExclusiveStartKey":{` + note + `}}`, badStart},
		{"a start key of an index", "Scan", table + `"IndexName":"ByOwner","ExclusiveStartKey":{"HeldBy":{"S":"a"},` + own + `,` + note + `}}`, ""},
		{"a start key of an index without the table's", "Scan", table + `"IndexName":"ByOwner","ExclusiveStartKey":{"HeldBy":{"S":"a"}}}`, badStart},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := startFake(t, map[string]http.HandlerFunc{"DescribeTable": says(200, typedTable)})
			g := gate(t, f.url)
			got := call(t, g, localawstest.Root, tc.operation, tc.body, nil, nil)
			if tc.want == "" {
				got.want(t, 200, "")
				return
			}
			code := "ValidationException"
			if strings.HasPrefix(tc.operation, "Transact") {
				code = "TransactionCanceledException"
			}
			got.want(t, 400, code)
			if forwarded := f.forwarded(); len(forwarded) != 0 || !strings.Contains(got.body, tc.want) {
				t.Errorf("%s: forwarded %v and answered %s, want nothing and %s", tc.body, forwarded, got.body, tc.want)
			}
		})
	}
}

// TestNamesOfAKeyAreNotToldToWhoMayNotReadIt: the tenant learns no more of another's key than that it is denied.
func TestNamesOfAKeyAreNotToldToWhoMayNotReadIt(t *testing.T) {
	f := startFake(t, map[string]http.HandlerFunc{"DescribeTable": says(200, typedTable)})
	g := gate(t, f.url)
	tenant := sessionOf(t, g, "yellow")
	for _, body := range []string{
		`{"TableName":"Notes","Key":{"TenantID":{"S":"blue"},"NoteID":{"S":"1001"},"Extra":{"S":"1"}}}`,
		`{"TableName":"Notes","Key":{"Other":{"S":"blue"}}}`,
	} {
		call(t, g, tenant, "GetItem", body, nil, nil).want(t, 400, "AccessDeniedException")
	}
	call(t, g, tenant, "GetItem", getYellow, nil, nil).want(t, 200, "")
	if got := f.forwarded(); !slices.Equal(got, []string{"GetItem"}) {
		t.Errorf("forwarded %v, want the control alone", got)
	}
}

// TestCallersDoNotShareTokensOfTheUpstream: it sees them all as root.
func TestCallersDoNotShareTokensOfTheUpstream(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	g.PutRoles(t, localaws.Role{Name: "Writer", Trust: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::000000000000:role/NotesService"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`),
		Policies: []localaws.PolicyDocument{{Name: "Write", Document: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Action":"dynamodb:DeleteItem","Resource":"*"}]}`)}}})
	sent := func(by localawstest.Credentials, token string) string {
		t.Helper()
		call(t, g, by, "TransactWriteItems", `{"ClientRequestToken":"`+token+`","TransactItems":[{"Delete":{"TableName":"Notes","Key":{`+
			own+`,`+note+`}}}]}`, nil, nil).want(t, 200, "")
		var body struct{ ClientRequestToken string }
		if err := json.Unmarshal([]byte(f.last().body), &body); err != nil {
			t.Fatal(err)
		}
		return body.ClientRequestToken
	}
	seen := map[string]string{}
	for _, tenant := range []string{"yellow", "blue"} {
		// Two sessions of one name, as one who assumes a role may give them.
		by := g.Session(t, g.RoleCredentials(t, "NotesService", "task"), "Writer", "same", map[string]string{"TenantID": tenant})
		for _, token := range []string{"one", "two"} {
			went := sent(by, token)
			if before := seen[went]; before != "" || len(went) != 36 {
				t.Errorf("%s's token %q went on as %q, as did %s", tenant, token, went, before)
			}
			if again := sent(by, token); again != went {
				t.Errorf("%s's token %q went on as %q and as %q", tenant, token, went, again)
			}
			seen[went] = tenant + "'s " + token
		}
	}
	if got := sent(localawstest.Root, ""); got != "" {
		t.Errorf("no token went on as %q", got)
	}
}
