package localaws_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// calls asks both protocols who is calling.
func calls(t *testing.T, l *localawstest.Local, c localawstest.Credentials) (query, json error) {
	t.Helper()
	_, query = sts.NewFromConfig(l.Config(c)).GetCallerIdentity(t.Context(), nil)
	_, json = dynamodb.NewFromConfig(l.Config(c)).ListTables(t.Context(), nil)
	return query, json
}

func TestKeyAndSecretAndTokenHaveToBelongTogether(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	yellow, blue := sessionOf(t, l, "yellow"), sessionOf(t, l, "blue")
	with := func(key, secret, token string) localawstest.Credentials {
		return localawstest.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}
	}
	for name, c := range map[string]localawstest.Credentials{"root": localawstest.Root, "session": yellow} {
		if query, _ := calls(t, l, c); query != nil {
			t.Errorf("%s: %v", name, query)
		}
	}
	for name, test := range map[string]struct {
		credentials localawstest.Credentials
		query, json string
	}{
		"root, wrong secret":      {with("test", "tesT", ""), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"session, wrong secret":   {with(yellow.AccessKeyID, "test", yellow.SessionToken), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"another's secret":        {with(yellow.AccessKeyID, blue.SecretAccessKey, yellow.SessionToken), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"unknown key":             {with("AKIAIOSFODNN7EXAMPLE", "test", ""), "InvalidClientTokenId", "UnrecognizedClientException"},
		"session without token":   {with(yellow.AccessKeyID, yellow.SecretAccessKey, ""), "InvalidClientTokenId", "UnrecognizedClientException"},
		"another's token":         {with(yellow.AccessKeyID, yellow.SecretAccessKey, blue.SessionToken), "InvalidClientTokenId", "UnrecognizedClientException"},
		"another's key and token": {with(blue.AccessKeyID, yellow.SecretAccessKey, blue.SessionToken), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"swapped access key":      {with(blue.AccessKeyID, yellow.SecretAccessKey, yellow.SessionToken), "InvalidClientTokenId", "UnrecognizedClientException"},
		"root with a token":       {with("test", "test", yellow.SessionToken), "InvalidClientTokenId", "UnrecognizedClientException"},
		"invented token":          {with(yellow.AccessKeyID, yellow.SecretAccessKey, "e30="), "InvalidClientTokenId", "UnrecognizedClientException"},
	} {
		t.Run(name, func(t *testing.T) {
			query, json := calls(t, l, test.credentials)
			localawstest.WantFailure(t, query, test.query, 403)
			localawstest.WantFailure(t, json, test.json, 400)
			if e := refused(t, l, test.json); e.Principal != "" || e.AccessKeyID != test.credentials.AccessKeyID {
				t.Errorf("logged principal %q and key %q", e.Principal, e.AccessKeyID)
			}
		})
	}
}

func TestTokenWithOneBitChangedIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	c := sessionOf(t, l, "yellow")
	if query, _ := calls(t, l, c); query != nil {
		t.Fatalf("the token as it is: %v", query)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := 0; i < len(c.SessionToken); i += 7 {
		digit := strings.IndexByte(alphabet, c.SessionToken[i])
		if digit < 0 {
			continue
		}
		changed := c
		changed.SessionToken = c.SessionToken[:i] + string(alphabet[digit^1]) + c.SessionToken[i+1:]
		query, _ := calls(t, l, changed)
		localawstest.WantFailure(t, query, "InvalidClientTokenId", 403)
	}
}

// whoAmI signs by localaws' clock, so that only the session can be out of date.
func whoAmI(t *testing.T, l *localawstest.Local, c localawstest.Credentials) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/?Action=GetCallerIdentity&Version=2011-06-15", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := l.Do(t, r, nil, c, "sts")
	return status, string(body)
}

func TestSessionEndsOnTime(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	c := sessionOf(t, l, "yellow")
	l.Advance(59 * time.Minute)
	if status, body := whoAmI(t, l, c); status != 200 {
		t.Fatalf("after 59 minutes: %d %s", status, body)
	}
	l.Advance(time.Minute)
	status, body := whoAmI(t, l, c)
	if status != 403 || !strings.Contains(body, "<Code>ExpiredToken</Code>") {
		t.Errorf("after 60 minutes: %d %s, want 403 ExpiredToken", status, body)
	}
	refused(t, l, "ExpiredToken")
	r := request(t, l, "{}", nil)
	status, answer := l.Do(t, r, []byte("{}"), c, "dynamodb")
	if want := `"__type":"com.amazon.coral.service#ExpiredTokenException"`; status != 400 || !strings.Contains(string(answer), want) {
		t.Errorf("after 60 minutes: %d %s, want 400 ExpiredTokenException", status, answer)
	}
}

func TestSessionOfADeletedRoleIsRefusedAlsoWhenTheRoleIsBack(t *testing.T) {
	l := localawstest.Start(t)
	trust := []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	l.PutRoles(t, localaws.Role{Name: "Task", Trust: trust})
	old := l.RoleCredentials(t, "Task", "task")
	if query, _ := calls(t, l, old); query != nil {
		t.Fatal(query)
	}
	root := awsiam.NewFromConfig(l.Config(localawstest.Root))
	if _, err := root.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("Task")}); err != nil {
		t.Fatal(err)
	}
	query, json := calls(t, l, old)
	localawstest.WantFailure(t, query, "InvalidClientTokenId", 403)
	localawstest.WantFailure(t, json, "UnrecognizedClientException", 400)
	l.PutRoles(t, localaws.Role{Name: "Task", Trust: trust})
	query, _ = calls(t, l, old)
	localawstest.WantFailure(t, query, "InvalidClientTokenId", 403)
	if query, _ := calls(t, l, l.RoleCredentials(t, "Task", "task")); query != nil {
		t.Errorf("a session of the new role: %v", query)
	}
}

func TestPoliciesOfTheRoleApplyToOldSessionsAtOnce(t *testing.T) {
	l := startNotes(t, "yellow")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	root := awsiam.NewFromConfig(l.Config(localawstest.Root))
	if _, err := getItem(t, client, "yellow"); err != nil {
		t.Fatal(err)
	}
	if _, err := root.DeleteRolePolicy(t.Context(), &awsiam.DeleteRolePolicyInput{
		RoleName: aws.String("NotesReader"), PolicyName: aws.String("ReadNotes"),
	}); err != nil {
		t.Fatal(err)
	}
	_, err := getItem(t, client, "yellow")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	l.Load(t, notes)
	if _, err := getItem(t, client, "yellow"); err != nil {
		t.Errorf("after the policy was put back: %v", err)
	}
}

func TestSessionsAndRolesSurviveARestart(t *testing.T) {
	l := startNotes(t, "yellow")
	c := sessionOf(t, l, "yellow")
	l.Restart(t)
	client := dynamodb.NewFromConfig(l.Config(c))
	if note, err := getItem(t, client, "yellow"); err != nil || note != "of yellow" {
		t.Errorf("own item: %q, %v", note, err)
	}
	_, err := getItem(t, client, "blue")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	other := localawstest.Start(t)
	other.Load(t, notes)
	query, _ := calls(t, other, c)
	localawstest.WantFailure(t, query, "InvalidClientTokenId", 403) // another data directory has another key
}

func TestEveryPathButHealthNeedsASignature(t *testing.T) {
	l := localawstest.Start(t)
	send := func(method, path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, l.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := localawstest.Send(t, r)
		return status, string(body)
	}
	if status, body := send("GET", "/_localaws/health"); status != 200 {
		t.Errorf("health: %d %s", status, body)
	}
	for _, path := range []string{
		"/", "/?Action=GetCallerIdentity&Version=2011-06-15", "/_localaws/role-credentials?role=a&session=bb", "/_localaws/",
		"/_localaws/health/", "/_localaws//health", "/bucket/key", "//bucket",
	} {
		code := "MissingAuthenticationToken"
		if strings.Contains(path, "bucket") { // S3 has another code for it
			code = "AccessDenied"
		}
		if status, body := send("GET", path); status != 403 || !strings.Contains(body, code) {
			t.Errorf("GET %s: %d %s, want 403 %s", path, status, body, code)
		}
		refused(t, l, code)
	}
}

func TestSignatureIsForOneServiceAndRegion(t *testing.T) {
	l := localawstest.Start(t)
	form := "Action=GetCallerIdentity&Version=2011-06-15"
	query := func(service, region string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return sign(t, l, r, form, service, region)
	}
	json := func(service, region string) (int, string) {
		return sign(t, l, request(t, l, "{}", nil), "{}", service, region)
	}
	for _, test := range []struct {
		name            string
		send            func(service, region string) (int, string)
		service, region string
		status          int
		want            string
	}{
		{"sts", query, "sts", "us-east-1", 200, ""},
		{"dynamodb", json, "dynamodb", "us-east-1", 200, ""},
		{"sts, region", query, "sts", "eu-west-1", 403, "<Code>SignatureDoesNotMatch</Code><Message>Credential should be scoped to a valid region, not &#39;eu-west-1&#39;: this is us-east-1, set AWS_REGION to it.</Message>"},
		{"dynamodb, region", json, "dynamodb", "eu-west-1", 400, `InvalidSignatureException","message":"Credential should be scoped to a valid region, not 'eu-west-1': this is us-east-1, set AWS_REGION to it."`},
		{"sts for dynamodb", json, "sts", "us-east-1", 400, "InvalidSignatureException"},
		{"iam for dynamodb", json, "iam", "us-east-1", 400, "InvalidSignatureException"},
		{"dynamodb for sts", query, "dynamodb", "us-east-1", 403, "SignatureDoesNotMatch"},
		{"iam for sts", query, "iam", "us-east-1", 400, "InvalidAction"},
		{"localaws for sts", query, "localaws", "us-east-1", 403, "SignatureDoesNotMatch"},
		{"unknown, query", query, "sqs", "us-east-1", 403, "localaws cannot authorize requests to the service"},
		{"kms for dynamodb", json, "kms", "us-east-1", 400, "UnknownOperationException"},
		{"unknown, json", json, "ssm", "us-east-1", 400, "localaws cannot authorize requests to the service"},
	} {
		if status, body := test.send(test.service, test.region); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: got %d %s, want %d %s", test.name, status, body, test.status, test.want)
		}
	}
}

func sign(t *testing.T, l *localawstest.Local, r *http.Request, body, service, region string) (int, string) {
	t.Helper()
	if err := sigv4.Sign(r, []byte(body), sigv4.Credentials(localawstest.Root), region, service, l.Now()); err != nil {
		t.Fatal(err)
	}
	status, answer := localawstest.Send(t, r)
	return status, string(answer)
}

func TestPresignedCallerIdentityIsAnswered(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	client := sts.NewPresignClient(sts.NewFromConfig(l.Config(sessionOf(t, l, "yellow"))), sts.WithPresignClientFromClientOptions(
		sts.WithAPIOptions(smithyhttp.SetHeaderValue("X-Amz-Expires", "60"))))
	signed, err := client.PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	get := func(url string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), signed.Method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := localawstest.Send(t, r)
		return status, string(body)
	}
	if status, body := get(signed.URL); status != 200 || !strings.Contains(body, "assumed-role/NotesReader/yellow@test") {
		t.Errorf("got %d %s", status, body)
	}
	changed := strings.Replace(signed.URL, "GetCallerIdentity", "GetSessionToken", 1)
	if status, body := get(changed); status != 403 || !strings.Contains(body, "SignatureDoesNotMatch") {
		t.Errorf("another action under the same signature: %d %s", status, body)
	}
	l.Advance(16 * time.Minute)
	if status, body := get(signed.URL); status != 403 {
		t.Errorf("after its time: %d %s", status, body)
	}
}
