package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// leading is dynamodb:LeadingKeys as the last decision saw it.
func leading(t *testing.T, g *localawstest.Local) (values []string, unknown bool) {
	t.Helper()
	for _, key := range logged(t, g).Context {
		if key.Name == "dynamodb:LeadingKeys" {
			return key.Values, key.Unknown
		}
	}
	return nil, false
}

func TestKeysAreReadByTheSchemaOfTheUpstream(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	for _, tc := range []struct {
		operation, body string
		want            []string // nil: unknown
	}{
		{"GetItem", getYellow, []string{"yellow"}},
		{"Query", `{"TableName":"Notes","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`, []string{"yellow"}},
		{"Query", `{"TableName":"Notes","KeyConditionExpression":"NoteID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`, nil},
		{"Query", `{"TableName":"Notes","IndexName":"ByOwner","KeyConditionExpression":"HeldBy = :t","ExpressionAttributeValues":{":t":{"S":"ana"}}}`, []string{"ana"}},
		{"Query", `{"TableName":"Notes","IndexName":"ByOwner","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`, nil},
		{"Query", `{"TableName":"Notes","IndexName":"ByDate","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`, []string{"yellow"}},
		{"Query", `{"TableName":"Notes","IndexName":"ByNothing","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`, nil},
	} {
		call(t, g, localawstest.Root, tc.operation, tc.body, nil, nil).want(t, 200, "")
		if got, unknown := leading(t, g); !slices.Equal(got, tc.want) || unknown != (tc.want == nil) {
			t.Errorf("%s %s: leading keys %q, unknown %t, want %q", tc.operation, tc.body, got, unknown, tc.want)
		}
	}
	if got := f.count("DescribeTable"); got != 1 {
		t.Errorf("asked %d times for the table, want once", got)
	}
}

func TestTagsOfATableCount(t *testing.T) {
	f := startFake(t, map[string]http.HandlerFunc{"ListTagsOfResource": func(w http.ResponseWriter, r *http.Request) {
		says(200, `{"Tags":[{"Key":"stage","Value":"test"}]}`)(w, r)
	}})
	g := gate(t, f.url)
	call(t, g, localawstest.Root, "GetItem", getYellow, nil, nil).want(t, 200, "")
	if got, _ := logged(t, g).Context.Get("aws:ResourceTag/stage"); !slices.Equal(got, []string{"test"}) {
		t.Errorf("aws:ResourceTag/stage is %q, want test", got)
	}
}

func TestUpstreamWithoutTagsIsNone(t *testing.T) {
	f := startFake(t, map[string]http.HandlerFunc{"ListTagsOfResource": says(400, `{"__type":"com.amazonaws.dynamodb.v20120810#UnknownOperationException"}`)})
	g := gate(t, f.url)
	call(t, g, sessionOf(t, g, "yellow"), "GetItem", getYellow, nil, nil).want(t, 200, "")
}

func TestKeysOfAnUnknownTableAreUnknown(t *testing.T) {
	f := startFake(t, map[string]http.HandlerFunc{"DescribeTable": says(400, noTable), "GetItem": says(400, noTable)})
	g := gate(t, f.url)
	call(t, g, sessionOf(t, g, "yellow"), "GetItem", getYellow, nil, nil).want(t, 400, "AccessDeniedException")
	if got, unknown := leading(t, g); !unknown {
		t.Errorf("leading keys %q, want them unknown", got)
	}
	if got := f.forwarded(); len(got) != 0 {
		t.Errorf("forwarded %v, want nothing", got)
	}
	call(t, g, localawstest.Root, "GetItem", getYellow, nil, nil).want(t, 400, "ResourceNotFoundException")
	if got := f.forwarded(); !slices.Equal(got, []string{"GetItem"}) {
		t.Errorf("forwarded %v, want root's GetItem", got)
	}
}

// swapped starts a gateway to a second localaws. make makes its table Notes anew, by way of what is
// given, with one item under (yellow, 1001) that says under which keys it stands.
func swapped(t *testing.T) (g, behind *localawstest.Local, make func(by *localawstest.Local, partition, sort string) error) {
	behind = localawstest.Start(t)
	g = gate(t, address(t, behind.URL))
	name := aws.String("Notes")
	return g, behind, func(by *localawstest.Local, partition, sort string) error {
		c := dynamodb.NewFromConfig(by.Config(localawstest.Root))
		_, err := c.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: name})
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); err != nil && !none {
			return err
		}
		if _, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
			TableName: name, BillingMode: types.BillingModePayPerRequest,
			KeySchema: []types.KeySchemaElement{{AttributeName: &partition, KeyType: "HASH"}, {AttributeName: &sort, KeyType: "RANGE"}},
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: &partition, AttributeType: "S"}, {AttributeName: &sort, AttributeType: "S"},
			},
		}); err != nil {
			return err
		}
		_, err = c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: "yellow"}, "NoteID": &types.AttributeValueMemberS{Value: "1001"},
			"Note": &types.AttributeValueMemberS{Value: "by " + partition},
		}})
		return err
	}
}

func TestTableMadeAnewIsAuthorizedByItsNewKeys(t *testing.T) {
	g, _, make := swapped(t)
	yellow := sessionOf(t, g, "yellow")
	for range 2 {
		if err := make(g, "TenantID", "NoteID"); err != nil {
			t.Fatal(err)
		}
		got := call(t, g, yellow, "GetItem", getYellow, nil, nil)
		if got.want(t, 200, ""); !strings.Contains(got.body, "by TenantID") {
			t.Errorf("got %s, want the item by TenantID", got.body)
		}
		if err := make(g, "NoteID", "TenantID"); err != nil {
			t.Fatal(err)
		}
		call(t, g, yellow, "GetItem", getYellow, nil, nil).want(t, 400, "AccessDeniedException")
	}
}

func TestTableMadeAnewBehindTheGatewayIsKnownWithinTwoSeconds(t *testing.T) {
	g, behind, make := swapped(t)
	yellow := sessionOf(t, g, "yellow")
	if err := make(behind, "TenantID", "NoteID"); err != nil {
		t.Fatal(err)
	}
	call(t, g, yellow, "GetItem", getYellow, nil, nil).want(t, 200, "")
	if err := make(behind, "NoteID", "TenantID"); err != nil {
		t.Fatal(err)
	}
	g.Advance(2 * time.Second)
	call(t, g, yellow, "GetItem", getYellow, nil, nil).want(t, 400, "AccessDeniedException")
}

func TestClockThatIsSetBackKeepsNoSchema(t *testing.T) {
	g, behind, make := swapped(t)
	yellow := sessionOf(t, g, "yellow")
	g.Advance(time.Minute)
	if err := make(behind, "TenantID", "NoteID"); err != nil {
		t.Fatal(err)
	}
	call(t, g, yellow, "GetItem", getYellow, nil, nil).want(t, 200, "")
	if err := make(behind, "NoteID", "TenantID"); err != nil {
		t.Fatal(err)
	}
	g.Advance(-30 * time.Second)
	call(t, g, yellow, "GetItem", getYellow, nil, nil).want(t, 400, "AccessDeniedException")
}

// TestNoRaceLetsATenantReadByOldKeys makes the table anew with other keys again and again while a tenant
// reads: what stands under the other keys is not the tenant's.
func TestNoRaceLetsATenantReadByOldKeys(t *testing.T) {
	g, _, make := swapped(t)
	yellow := sessionOf(t, g, "yellow")
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				a := call(t, g, yellow, "GetItem", getYellow, nil, nil)
				mu.Lock()
				if strings.Contains(a.body, "by NoteID") {
					seen["leak"]++
				}
				seen[a.code]++
				mu.Unlock()
			}
		})
	}
	for range 15 {
		for _, keys := range [][]string{{"TenantID", "NoteID"}, {"NoteID", "TenantID"}} {
			if err := make(g, keys[0], keys[1]); err != nil {
				t.Error(err)
			}
			// One more answer by these keys at least.
			call(t, g, yellow, "GetItem", getYellow, nil, nil)
		}
	}
	stop()
	readers.Wait()
	for code, n := range seen {
		if !slices.Contains([]string{"", "AccessDeniedException", "ResourceNotFoundException", "ServiceUnavailable"}, code) {
			t.Errorf("%d answers with %q", n, code)
		}
	}
	if seen["leak"] > 0 || seen[""] == 0 || seen["AccessDeniedException"] == 0 {
		t.Errorf("got answers %v, want no leak, reads and denials", seen)
	}
}

func ready(t *testing.T, g *localawstest.Local, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, _ := localawstest.Send(t, r)
	return status
}

func TestReadyOnlyWhileTheUpstreamAnswers(t *testing.T) {
	back := httptest.NewServer(says(200, `{"TableNames":[]}`))
	g := gate(t, address(t, back.URL))
	if health, ready := ready(t, g, "/_localaws/health"), ready(t, g, "/_localaws/ready"); health != 200 || ready != 200 {
		t.Errorf("upstream there: health %d, ready %d, want 200 and 200", health, ready)
	}
	back.Close()
	g.Advance(time.Second)
	if health, ready := ready(t, g, "/_localaws/health"), ready(t, g, "/_localaws/ready"); health != 200 || ready != 503 {
		t.Errorf("upstream away: health %d, ready %d, want 200 and 503", health, ready)
	}
}

func TestReadyAsksTheUpstreamOnceASecond(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"there": says(200, `{"TableNames":[]}`), "out of order": says(500, `{}`)} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t, map[string]http.HandlerFunc{"ListTables": answer})
			g := gate(t, f.url)
			g.Advance(time.Minute) // what the start asked is long ago
			before := f.count("ListTables")
			want := ready(t, g, "/_localaws/ready")
			g.Advance(-time.Hour)
			again := ready(t, g, "/_localaws/ready")
			if n := f.count("ListTables") - before; n != 2 || again != want {
				t.Fatalf("control, the clock was set back: asked %d times, answered %d and %d, want twice the same", n, want, again)
			}
			start := time.Now()
			for range 50 {
				if got := ready(t, g, "/_localaws/ready"); got != want {
					t.Fatalf("got %d, want %d", got, want)
				}
			}
			if n, most := f.count("ListTables")-before-2, 1+int(time.Since(start)/time.Second); n > most {
				t.Errorf("fifty requests asked the upstream %d times, want %d at most", n, most)
			}
		})
	}
}

// TestDeniedRequestAsksForNoSchema: tables that the caller's policies do not name are not looked up to deny it.
func TestDeniedRequestAsksForNoSchema(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	yellow := sessionOf(t, g, "yellow")
	list := func(open, end string, each func(i int) string) string {
		var all []string
		for i := range 100 {
			all = append(all, each(i))
		}
		return open + strings.Join(all, ",") + end
	}
	key := `"Key":{"TenantID":{"S":"yellow"},"NoteID":{"S":"1"}}`
	for operation, body := range map[string]string{
		"BatchGetItem": list(`{"RequestItems":{`, `}}`, func(i int) string {
			return fmt.Sprintf(`"Invented%d":{"Keys":[{"TenantID":{"S":"yellow"},"NoteID":{"S":"1"}}]}`, i)
		}),
		"TransactGetItems": list(`{"TransactItems":[`, `]}`, func(i int) string {
			return fmt.Sprintf(`{"Get":{"TableName":"Invented%d",%s}}`, i, key)
		}),
		"TransactWriteItems": list(`{"TransactItems":[`, `]}`, func(i int) string {
			return fmt.Sprintf(`{"Delete":{"TableName":"Invented%d",%s}}`, i, key)
		}),
		"ExecuteTransaction": list(`{"TransactStatements":[`, `]}`, func(i int) string {
			return fmt.Sprintf(`{"Statement":"SELECT * FROM Invented%d WHERE TenantID = 'yellow'"}`, i)
		}),
	} {
		call(t, g, yellow, operation, body, nil, nil).want(t, 400, "AccessDeniedException")
		if n := f.count("DescribeTable"); n != 0 {
			t.Errorf("%s: asked for %d tables, want none", operation, n)
		}
	}
	own := `{"RequestItems":{"Notes":{"Keys":[{"TenantID":{"S":"yellow"},"NoteID":{"S":"1"}}]}}}`
	call(t, g, yellow, "BatchGetItem", own, nil, nil).want(t, 200, "")
	if n := f.count("DescribeTable"); n != 1 {
		t.Errorf("control: asked for %d tables, want the one that it may read", n)
	}
	mixed := strings.Replace(own, `{"Notes"`, `{"Invented":{"Keys":[{"TenantID":{"S":"yellow"}}]},"Notes"`, 1)
	call(t, g, yellow, "BatchGetItem", mixed, nil, nil).want(t, 400, "AccessDeniedException")
}
