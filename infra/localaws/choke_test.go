package localaws_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestRequestThatCanBeReadInTwoWaysIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	if status, body := l.Do(t, request(t, l, "{}", nil), []byte("{}"), localawstest.Root, "dynamodb"); status != 200 {
		t.Fatalf("the request as it is: %d %s", status, body)
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		code   string
	}{
		"query on json":      {func(r *http.Request) { r.URL.RawQuery = "Action=ListTables" }, "UnknownOperationException"},
		"another path":       {func(r *http.Request) { r.URL.Path = "/table" }, "UnknownOperationException"},
		"a slash and a name": {func(r *http.Request) { r.URL.Path = "//table" }, "UnknownOperationException"},
		"GET":                {func(r *http.Request) { r.Method = "GET" }, "UnknownOperationException"},
		"PUT":                {func(r *http.Request) { r.Method = "PUT" }, "UnknownOperationException"},
		"gzip":               {header("Content-Encoding", "gzip"), "SerializationException"},
		"json 1.1":           {header("Content-Type", "application/x-amz-json-1.1"), "UnknownOperationException"},
		"plain json":         {header("Content-Type", "application/json"), "UnknownOperationException"},
		"no operation":       {header("X-Amz-Target", "DynamoDB_20120810."), "UnknownOperationException"},
		"no service":         {header("X-Amz-Target", "ListTables"), "UnknownOperationException"},
		"another service":    {header("X-Amz-Target", "Kinesis_20131202.ListStreams"), "UnknownOperationException"},
		"another version":    {header("X-Amz-Target", "DynamoDB_20111205.ListTables"), "UnknownOperationException"},
		"the streams' API":   {header("X-Amz-Target", "DynamoDBStreams_20120810.ListTables"), "UnknownOperationException"},
		"streams' operation": {header("X-Amz-Target", "DynamoDB_20120810.ListStreams"), "UnknownOperationException"},
		"in small letters":   {header("X-Amz-Target", "dynamodb_20120810.ListTables"), "UnknownOperationException"},
		"another case":       {header("X-Amz-Target", "DynamoDB_20120810.listTables"), "UnknownOperationException"},
		"a blank before":     {header("X-Amz-Target", "x DynamoDB_20120810.ListTables"), "UnknownOperationException"},
		"a blank within":     {header("X-Amz-Target", "DynamoDB_20120810. ListTables"), "UnknownOperationException"},
		"no version":         {header("X-Amz-Target", "DynamoDB.ListTables"), "UnknownOperationException"},
		"a charset":          {header("Content-Type", "application/x-amz-json-1.0; charset=utf-16"), "UnknownOperationException"},
		"json in capitals":   {header("Content-Type", "Application/X-Amz-Json-1.0"), "UnknownOperationException"},
		"deflate":            {header("Content-Encoding", "deflate"), "SerializationException"},
		"two encodings":      {header("Content-Encoding", "identity", "identity"), "SerializationException"},
		"path in percents":   {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/.", "/%2e" }, "UnknownOperationException"},
		"two dots":           {header("X-Amz-Target", "DynamoDB_20120810.ListTables.x"), "UnknownOperationException"},
		"target in brackets": {header("X-Amz-Target", "DynamoDB_20120810.List*"), "UnknownOperationException"},
	} {
		l.ResetLog()
		status, body := l.Do(t, request(t, l, "{}", test.change), []byte("{}"), localawstest.Root, "dynamodb")
		if status != 400 || !strings.Contains(string(body), "#"+test.code+`"`) {
			t.Errorf("%s: got %d %s, want 400 %s", name, status, body, test.code)
		}
		refused(t, l, test.code)
	}
}

// TestDoubledHeadersAreRefused adds the second one after signing: it must not even be looked at.
func TestDoubledHeadersAreRefused(t *testing.T) {
	l := localawstest.Start(t)
	for _, name := range []string{"X-Amz-Target", "Content-Type", "X-Amz-Date", "Authorization", "X-Amz-Security-Token"} {
		r := request(t, l, "{}", nil)
		if status, body := l.Do(t, r, []byte("{}"), localawstest.Root, "dynamodb"); status != 200 {
			t.Fatalf("the request as it is: %d %s", status, body)
		}
		r = r.Clone(t.Context())
		r.Body = http.NoBody
		r.Header[name] = []string{"a", "b"}
		status, body := localawstest.Send(t, r)
		if status < 400 || !strings.Contains(string(body), "is given more than once") {
			t.Errorf("two headers %s: got %d %s", name, status, body)
		}
	}
}

// TestWebPageThatSignsAsRootIsRefused: a link with the signature in its query needs no header of the page's
// own, so a browser fetches it (as an image, a form) without asking localaws first.
func TestWebPageThatSignsAsRootIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	client := sts.NewPresignClient(sts.NewFromConfig(l.Config(localawstest.Root)), sts.WithPresignClientFromClientOptions(
		sts.WithAPIOptions(smithyhttp.SetHeaderValue("X-Amz-Expires", "60"))))
	link, err := client.PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]int{"Accept": 200, "Origin": 403, "Sec-Fetch-Site": 403, "Sec-Fetch-Mode": 403, "Sec-Ch-Ua": 403} {
		r, err := http.NewRequestWithContext(t.Context(), link.Method, link.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, "cross-site")
		if status, body := localawstest.Send(t, r); status != want {
			t.Errorf("with the header %s: got %d %s, want %d", header, status, body, want)
		}
		if want != 200 {
			refused(t, l, "AccessDenied")
		}
	}
}

func TestChunkedBodyIsAnswered(t *testing.T) {
	l := localawstest.Start(t)
	r := request(t, l, "{}", func(r *http.Request) { r.ContentLength = -1 })
	if status, body := l.Do(t, r, []byte("{}"), localawstest.Root, "dynamodb"); status != 200 {
		t.Errorf("got %d %s, want 200", status, body)
	}
}

func TestBodyBeyondTheLimitOfItsOperationIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	for name, test := range map[string]struct {
		service, operation string
		limit              int
	}{
		"a batch":      {"dynamodb", "BatchWriteItem", 16 << 20},
		"an item":      {"dynamodb", "PutItem", 4 << 20},
		"tables":       {"dynamodb", "ListTables", 256 << 10},
		"no operation": {"dynamodb", "Invented", 256 << 10},
		"IAM":          {"iam", "", 1 << 20},
		"STS":          {"sts", "", 64 << 10},
	} {
		for _, sent := range []struct {
			size    int
			chunked bool
			status  int
		}{
			{test.limit, false, 400}, {test.limit, true, 400}, {test.limit + 1, false, 413}, {test.limit + 1, true, 413},
		} {
			body := bytes.Repeat([]byte(" "), sent.size)
			r := request(t, l, string(body), func(r *http.Request) {
				if sent.chunked {
					r.ContentLength = -1
				}
				r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+test.operation)
				if test.operation == "" {
					r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
				}
			})
			if status, answer := l.Do(t, r, body, localawstest.Root, test.service); status != sent.status {
				t.Errorf("%s, %d bytes, chunked %t: got %d %.200s, want %d", name, sent.size, sent.chunked, status, answer, sent.status)
			}
		}
	}
}

func TestSecondServerOnTheSameDataIsRefused(t *testing.T) {
	data := t.TempDir()
	first, err := localaws.New(localaws.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	_, err = localaws.New(localaws.Config{Data: data})
	if want := "data directory " + data + " is in use by another localaws"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := localaws.New(localaws.Config{Data: data})
	if err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestConfigThatIsWrongIsAnError(t *testing.T) {
	for _, config := range []localaws.Config{
		{}, {Data: t.TempDir(), Account: "1"}, {Data: t.TempDir(), Account: "00000000000x"}, {Data: t.TempDir(), Region: "US EAST"},
	} {
		if server, err := localaws.New(config); err == nil {
			t.Errorf("New(%+v): no error", config)
			_ = server.Close()
		}
	}
}

func TestRoleCredentialsAreForRootAndTrustedRolesOnly(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	task := l.RoleCredentials(t, "NotesService", "task-1")
	entries := l.Entries(t)
	if e := entries[len(entries)-1]; e.Principal != "ecs-tasks.amazonaws.com" || e.Action != "sts:AssumeRole" || e.Decision != "allow" {
		t.Errorf("logged %+v", e)
	}
	for name, test := range map[string]struct {
		query  string
		by     localawstest.Credentials
		status int
		code   string
	}{
		"the role itself asks": {"role=NotesService&session=task", task, 403, "AccessDenied"},
		"role without trust":   {"role=NotesReader&session=task", localawstest.Root, 403, "AccessDenied"},
		"no such role":         {"role=Missing&session=task", localawstest.Root, 404, "NoSuchEntity"},
		"session with a slash": {"role=NotesService&session=a%2Fb", localawstest.Root, 400, "ValidationError"},
		"no session":           {"role=NotesService", localawstest.Root, 400, "ValidationError"},
		"role twice":           {"role=NotesService&role=NotesReader&session=task", localawstest.Root, 400, "ValidationError"},
		"an unknown parameter": {"role=NotesService&session=task&tags=x", localawstest.Root, 400, "ValidationError"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/role-credentials?"+test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := l.Do(t, r, nil, test.by, "localaws")
		if status != test.status || !strings.HasPrefix(string(body), `{"code":"`+test.code+`","message":"`) {
			t.Errorf("%s: got %d %s, want %d %s", name, status, body, test.status, test.code)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/other", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := l.Do(t, r, nil, localawstest.Root, "localaws"); status != 404 {
		t.Errorf("another route: %d %s", status, body)
	}
}

func TestTaskRoleMayTrustItsOwnAccountsTasksOnly(t *testing.T) {
	for name, test := range map[string]struct {
		condition string
		status    int
	}{
		"own account":     {`"StringEquals":{"aws:SourceAccount":"000000000000"}`, 200},
		"another account": {`"StringEquals":{"aws:SourceAccount":"111111111111"}`, 403},
		"own tasks":       {`"ArnLike":{"aws:SourceArn":"arn:aws:ecs:us-east-1:000000000000:*"}`, 200},
		"another region":  {`"ArnLike":{"aws:SourceArn":"arn:aws:ecs:eu-west-1:000000000000:*"}`, 403},
	} {
		l := localawstest.Start(t)
		l.PutRoles(t, localaws.Role{Name: "Task", Trust: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{` + test.condition + `}}]}`)})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/role-credentials?role=Task&session=task", nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := l.Do(t, r, nil, localawstest.Root, "localaws"); status != test.status {
			t.Errorf("%s: got %d %s, want %d", name, status, body, test.status)
		}
	}
}

func TestStreamsAreAskedUnderTheirOwnTarget(t *testing.T) {
	l := localawstest.Start(t)
	for target, code := range map[string]string{
		"DynamoDBStreams_20120810.ListStreams": "An unknown operation was requested", // by the service, which has no streams
		"DynamoDBOther_20120810.ListStreams":   "does not name an operation",         // by the choke point
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", target)
		if status, body := l.Do(t, r, []byte("{}"), localawstest.Root, "dynamodb"); status != 400 || !strings.Contains(string(body), code) {
			t.Errorf("%s: got %d %s, want 400 %s", target, status, body, code)
		}
	}
}
