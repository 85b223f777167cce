package upstream_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestForwardedRequestIsWrittenAnew: what goes on is what was authorized, in a form that every reader reads alike.
func TestForwardedRequestIsWrittenAnew(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	tenant := sessionOf(t, g, "yellow")
	body := "{ \"Key\":\t{\"NoteID\":{\"S\":\"100\\u0031\"},\"TenantID\":{\"S\":\"\\u0079ellow\"}},\n\"TableName\" : \"Notes\"}  "
	call(t, g, tenant, "GetItem", body, nil, nil).want(t, 200, "")
	got := f.last()
	const want = `{"Key":{"NoteID":{"S":"1001"},"TenantID":{"S":"yellow"}},"TableName":"Notes"}`
	if got.operation != "GetItem" || got.body != want {
		t.Errorf("got %s %q, want GetItem %q", got.operation, got.body, want)
	}
	if got.err != nil || got.signed.AccessKeyID != "test" || got.signed.SessionToken != "" || got.signed.Region != "us-east-1" || got.signed.Service != "dynamodb" {
		t.Errorf("signed by %+v, %v, want root's key in us-east-1 for dynamodb", got.signed, got.err)
	}
}

func TestNothingOfTheCallersHeadersGoesOn(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	tenant := sessionOf(t, g, "yellow")
	call(t, g, tenant, "GetItem", getYellow, func(r *http.Request) {
		r.Header.Set("X-Amz-Meta-Note", "signed")
		r.Header.Set("X-Amz-Date-Of-Birth", "signed too")
	}, func(r *http.Request) {
		for _, name := range []string{"Cookie", "X-Forwarded-Host", "X-Api-Key", "X-Localstack-Region", "Forwarded", "Te", "Proxy-Authorization"} {
			r.Header.Set(name, "unsigned")
		}
		r.Header.Set("User-Agent", "caller/1")
		r.Header.Set("Amz-Sdk-Request", "attempt=1")
		r.Header.Set("Amz-Sdk-Invocation-Id", "an-id")
		r.Header.Set("Accept-Encoding", "gzip")
	}).want(t, 200, "")
	got := f.last()
	want := []string{"Accept-Encoding", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "Authorization", "Content-Length", "Content-Type",
		"User-Agent", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Target"}
	if names := slices.Sorted(maps.Keys(got.header)); !slices.Equal(names, want) {
		t.Errorf("got headers %v, want %v", names, want)
	}
	for name, values := range got.header {
		for _, secret := range []string{tenant.AccessKeyID, tenant.SessionToken, "unsigned", "caller/1"} {
			if strings.Contains(strings.Join(values, " "), secret) {
				t.Errorf("%s: %q holds %q of the caller", name, values, secret)
			}
		}
	}
}

func TestOnlyWhatIsAllowedReachesTheUpstream(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	yellow, root := sessionOf(t, g, "yellow"), localawstest.Root
	unsigned := func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.DeleteTable") }
	doubled := func(r *http.Request) { r.Header.Add("Content-Type", "application/json") }
	for _, tc := range []struct {
		name, operation, body string
		by                    localawstest.Credentials
		spoil                 func(*http.Request)
		code                  string // empty: it is forwarded
	}{
		{"own item", "GetItem", getYellow, yellow, nil, ""},
		{"another tenant's item", "GetItem", getBlue, yellow, nil, "AccessDeniedException"},
		{"root's scan", "Scan", `{"TableName":"Notes"}`, root, nil, ""},
		{"a tenant's scan", "Scan", `{"TableName":"Notes"}`, yellow, nil, "AccessDeniedException"},
		{"root's delete", "DeleteTable", `{"TableName":"Notes"}`, root, nil, ""},
		{"a tenant's delete", "DeleteTable", `{"TableName":"Notes"}`, yellow, nil, "AccessDeniedException"},
		{"what the store has not", "UpdateTimeToLive", `{"TableName":"Notes"}`, root, nil, ""},
		{"an operation that AWS has not", "GetEverything", `{"TableName":"Notes"}`, root, nil, "UnknownOperationException"},
		{"a byte order mark", "GetItem", "\ufeff" + getYellow, yellow, nil, "SerializationException"},
		{"half a surrogate pair", "GetItem", strings.Replace(getYellow, "1001", `\ud800`, 1), yellow, nil, "SerializationException"},
		{"a value of two types", "GetItem", strings.Replace(getYellow, `{"S":"yellow"}`, `{"S":"yellow","N":"1"}`, 1), yellow, nil, "ValidationException"},
		{"target changed after signing", "GetItem", getYellow, yellow, unsigned, "InvalidSignatureException"},
		{"a doubled header", "GetItem", getYellow, yellow, doubled, "SerializationException"},
		{"a doubled member", "GetItem", strings.Replace(getYellow, `"Key"`, `"Key":{},"Key"`, 1), yellow, nil, "SerializationException"},
		{"a doubled attribute", "GetItem", strings.Replace(getYellow, `"TenantID":`, `"TenantID":{"S":"blue"},"TenantID":`, 1), yellow, nil, "SerializationException"},
		{"an escaped double", "GetItem", strings.Replace(getYellow, `"Key"`, `"\u004bey":{},"Key"`, 1), yellow, nil, "SerializationException"},
		{"trailing data", "GetItem", getYellow + getBlue, yellow, nil, "SerializationException"},
		{"invalid UTF-8", "GetItem", strings.Replace(getYellow, "1001", "10\xff", 1), yellow, nil, "SerializationException"},
		{"a member in another case", "GetItem", strings.Replace(getYellow, `{"T`, `{"key":{},"T`, 1), yellow, nil, "SerializationException"},
		{"a member that nobody knows", "Scan", `{"TableName":"Notes","Also":"Other"}`, root, nil, "SerializationException"},
		{"a table in another case", "DeleteTable", `{"TableName":"Notes","tableName":"Other"}`, root, nil, "SerializationException"},
		{"a table only in another case", "DeleteTable", `{"TableName":"Notes","indexname":"Other"}`, root, nil, "SerializationException"},
		{"a member of a table operation", "DeleteTable", `{"TableName":"Notes","Also":"Other"}`, root, nil, ""},
		{"a page of statements", "ExecuteStatement", `{"Statement":"SELECT * FROM Notes","NextToken":"n","Limit":1,"ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL"}`, root, nil, ""},
		{"a resource policy", "PutResourcePolicy", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Notes","Policy":"{}"}`, root, nil, "ValidationException"},
		{"a table with a resource policy", "CreateTable", `{"TableName":"Notes","ResourcePolicy":"{}"}`, root, nil, "ValidationException"},
		{"a table without", "CreateTable", `{"TableName":"Notes"}`, root, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(f.forwarded())
			status, want := 200, []string{tc.operation}
			if tc.code != "" {
				status, want = 400, []string{}
			}
			call(t, g, tc.by, tc.operation, tc.body, nil, tc.spoil).want(t, status, tc.code)
			if got := f.forwarded()[before:]; !slices.Equal(got, want) {
				t.Errorf("%s by %s: forwarded %v, want %v", tc.body, tc.by.AccessKeyID, got, want)
			}
		})
	}
}

// TestOperationOfAnotherAPIIsNotForwarded: the signature is for this target; an upstream may look at its end alone.
func TestOperationOfAnotherAPIIsNotForwarded(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	for _, target := range []string{
		"DynamoDBStreams_20120810.GetItem", "DynamoDB_20111205.GetItem", "dynamodb_20120810.GetItem", "DynamoDB_20120810.getItem",
		"DynamoDB_20120810.GetItem,", "DynamoDB_20120810 .GetItem", "DynamoDB_20120810.ListStreams", "x.DynamoDB_20120810.GetItem",
	} {
		call(t, g, localawstest.Root, "", getYellow, func(r *http.Request) { r.Header.Set("X-Amz-Target", target) }, nil).
			want(t, 400, "UnknownOperationException")
	}
	call(t, g, localawstest.Root, "GetItem", getYellow, nil, nil).want(t, 200, "")
	call(t, g, localawstest.Root, "", `{"TableName":"Notes"}`, func(r *http.Request) {
		r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810.ListStreams")
	}, nil).want(t, 200, "")
	if got := f.forwarded(); !slices.Equal(got, []string{"GetItem", "ListStreams"}) {
		t.Errorf("forwarded %v, want the two controls alone", got)
	}
	if got := f.last().header.Get("X-Amz-Target"); got != "DynamoDBStreams_20120810.ListStreams" {
		t.Errorf("forwarded the target %q, want that of streams", got)
	}
}

func TestOversizedRequestIsNotForwarded(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	padded := func(size int) string { return getYellow + strings.Repeat(" ", size-len(getYellow)) }
	call(t, g, localawstest.Root, "GetItem", padded(4<<20), nil, nil).want(t, 200, "")
	call(t, g, localawstest.Root, "GetItem", padded(4<<20+1), nil, nil).want(t, 413, "RequestEntityTooLarge")
	if got := f.forwarded(); !slices.Equal(got, []string{"GetItem"}) {
		t.Errorf("forwarded %v, want one GetItem", got)
	}
}

func TestSTSAndIAMAreAnsweredHere(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	if _, err := sts.NewFromConfig(g.Config(sessionOf(t, g, "yellow"))).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if got := f.forwarded(); len(got) != 0 || f.count("DescribeTable") != 0 {
		t.Errorf("forwarded %v, want nothing", got)
	}
}

func TestAnswerComesBackAsItCame(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, `{"Item":{}}`)
	_ = z.Close()
	f := startFake(t, map[string]http.HandlerFunc{"GetItem": func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/x-amz-json-1.0", "Content-Encoding": "gzip", "X-Amz-Crc32": "42", "Server": "fake",
			"X-Amzn-RequestId": "theirs", "X-Amz-Request-Id": "theirs-too", "Keep-Alive": "timeout=5", "Connection": "X-Hop, keep-alive",
			"X-Hop": "1", "Proxy-Authenticate": "Basic", "Upgrade": "h2c", "Trailer": "X-After", "Te": "trailers",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(zipped.Bytes())
	}})
	g := gate(t, f.url)
	got := call(t, g, localawstest.Root, "GetItem", getYellow, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") }, nil)
	if got.status != 418 || got.body != zipped.String() {
		t.Errorf("got %d %q, want 418 and the gzipped bytes", got.status, got.body)
	}
	got.header.Del("Date")
	want := http.Header{
		"Content-Type": {"application/x-amz-json-1.0"}, "Content-Encoding": {"gzip"}, "X-Amz-Crc32": {"42"}, "Server": {"fake"},
		"X-Amzn-Requestid": {logged(t, g).RequestID}, "X-Localaws-Upstream-Requestid": {"theirs"},
	}
	got.header.Del("Content-Length")
	if !reflect.DeepEqual(got.header, want) {
		t.Errorf("got headers %v, want %v", got.header, want)
	}
	if logged(t, g).Action != "dynamodb:GetItem" || logged(t, g).Decision != "allow" {
		t.Errorf("logged %+v, want that dynamodb:GetItem was allowed", logged(t, g))
	}
}

func TestAcceptEncodingIsTheCallersOwn(t *testing.T) {
	f := startFake(t, nil)
	g := gate(t, f.url)
	call(t, g, localawstest.Root, "GetItem", getYellow, nil, nil).want(t, 200, "")
	if got := f.last().header.Values("Accept-Encoding"); len(got) != 0 {
		t.Errorf("got Accept-Encoding %q, want none, as the caller gave none", got)
	}
}
