package localaws_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestTenantReadsItsOwnItemAndTheDenialOfAnothersIsExplained(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	l.ResetLog()
	if note, err := getItem(t, client, "yellow"); err != nil || note != "of yellow" {
		t.Fatalf("own item: %q, %v", note, err)
	}
	_, err := getItem(t, client, "blue")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	const session = "arn:aws:sts::000000000000:assumed-role/NotesReader/yellow@test"
	const resource = "arn:aws:dynamodb:us-east-1:000000000000:table/Notes"
	if want := "User: " + session + " is not authorized to perform: dynamodb:GetItem on resource: " + resource +
		" because no identity-based policy allows the dynamodb:GetItem action"; err == nil || !strings.HasSuffix(localawstest.WithoutAuthorizationID(err.Error()), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	entries := l.Entries(t)
	if len(entries) != 2 {
		t.Fatalf("got %d log entries, want 2: %s", len(entries), l.Log())
	}
	for i, e := range entries {
		if e.Principal != session || e.Action != "dynamodb:GetItem" || e.Resource != resource || e.Operation != "GetItem" ||
			e.SessionTags["TenantID"] != "yellow" || !strings.HasPrefix(e.AccessKeyID, "ASIA") || e.RequestID == "" || e.Time.IsZero() {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	allowed, denied := entries[0], entries[1]
	if allowed.Decision != "allow" || allowed.Effect != "Allow" || allowed.Statement == nil ||
		*allowed.Statement != (localaws.Statement{Policy: "NotesReader/ReadNotes", Sid: "OwnNotes"}) {
		t.Errorf("allowed: %+v", allowed)
	}
	if keys, _ := denied.Context.Get("dynamodb:leadingkeys"); !slices.Equal(keys, []string{"blue"}) {
		t.Errorf("LeadingKeys is %v, want [blue]", keys)
	}
	if denied.Decision != "deny" || denied.Effect != "ImplicitDeny" || denied.Layer != "identity" || denied.Statement != nil {
		t.Errorf("denied: %+v", denied)
	}
	explained := slices.ContainsFunc(denied.Misses, func(m localaws.Miss) bool {
		return m.Statement.Sid == "OwnNotes" && m.Effect == "Allow" && slices.Equal(m.Got, []string{"blue"}) &&
			strings.Contains(m.Element, "dynamodb:LeadingKeys")
	})
	if !explained {
		t.Errorf("the misses do not say that LeadingKeys blue failed: %+v", denied.Misses)
	}
}

// An administrator's names may look like secrets: forty characters of base64 in a row, both cases mixed.
func TestAMissNamesItsStatementInWords(t *testing.T) {
	l := startNotes(t, "yellow")
	const name, sid = "NotesAccessPolicyDynamoDBReadOwnPartition", "NotesAccessPolicyDynamoDBReadOwnStatement"
	if _, err := iam.NewFromConfig(l.Config(localawstest.Root)).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("NotesReader"), PolicyName: aws.String(name),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"` + sid + `","Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*",
			"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:PrincipalTag/TenantID}"]}}}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	l.ResetLog()
	_, err := getItem(t, client, "blue")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	denied := l.Entries(t)[0]
	if !slices.ContainsFunc(denied.Misses, func(m localaws.Miss) bool {
		return strings.HasPrefix(m.Said, "NotesReader/"+name+" "+sid+" (Allow) did not apply: ") && strings.HasSuffix(m.Said, "wants [yellow], the request has [blue]")
	}) {
		t.Errorf("the misses do not name the statement: %+v", denied.Misses)
	}
}

func TestExplicitDenyNamesItsStatement(t *testing.T) {
	l := startNotes(t, "yellow")
	_, err := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow"))).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	if err == nil || !strings.Contains(err.Error(), "with an explicit deny in an identity-based policy") {
		t.Errorf("got %v", err)
	}
	entries := l.Entries(t)
	e := entries[len(entries)-1]
	if e.Effect != "ExplicitDeny" || e.Statement == nil || e.Statement.Sid != "NothingWithoutAKey" || e.Statement.Index != 1 {
		t.Errorf("logged %+v with statement %+v", e, e.Statement)
	}
	out, err := dynamodb.NewFromConfig(l.Config(localawstest.Root)).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
	if err != nil || len(out.Items) != 1 {
		t.Errorf("root may scan: %v", err)
	}
}

// TestDecisionLogHoldsNoSecret runs requests that succeed, are denied, are refused and fail, and looks for
// everything that must not be in the log.
func TestDecisionLogHoldsNoSecret(t *testing.T) {
	l := startNotes(t, "yellow")
	c := sessionOf(t, l, "yellow")
	client := dynamodb.NewFromConfig(l.Config(c))
	const body = "the-body-of-the-request"
	put := func(client *dynamodb.Client) error {
		item := key("yellow")
		item["Secret"] = &types.AttributeValueMemberS{Value: body}
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: item})
		return err
	}
	localawstest.WantFailure(t, put(client), "AccessDeniedException", 400)
	if err := put(dynamodb.NewFromConfig(l.Config(localawstest.Root))); err != nil {
		t.Fatal(err)
	}
	wrong := c
	wrong.SecretAccessKey += "x"
	localawstest.WantFailure(t, put(dynamodb.NewFromConfig(l.Config(wrong))), "InvalidSignatureException", 400)
	garbage := []byte(`{"TableName":"` + body + `","TableName":1`)
	r := request(t, l, string(garbage), nil)
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	if status, answer := l.Do(t, r, garbage, c, "dynamodb"); status != 400 {
		t.Errorf("garbage: %d %s", status, answer)
	}
	signature := r.Header.Get("Authorization")
	form := []byte(body + "=" + body + "&" + body + "=1")
	r = request(t, l, string(form), nil)
	r.Header = map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}
	if status, answer := l.Do(t, r, form, c, "sts"); status != 400 {
		t.Errorf("garbage form: %d %s", status, answer)
	}
	log := l.Log()
	for name, secret := range map[string]string{
		"secret key": c.SecretAccessKey, "token": c.SessionToken, "part of the token": c.SessionToken[20:60], "body": body,
		"signature": signature[strings.LastIndex(signature, "=")+1:],
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has the %s", name)
		}
	}
	for _, present := range []string{c.AccessKeyID, `"decision":"deny"`, "InvalidSignatureException", "dynamodb:PutItem"} {
		if !strings.Contains(log, present) {
			t.Errorf("the log lacks %s", present)
		}
	}
}

func TestGlobalConditionKeysAreInTheContext(t *testing.T) {
	l := startNotes(t, "yellow")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	if _, err := getItem(t, client, "yellow"); err != nil {
		t.Fatal(err)
	}
	entries := l.Entries(t)
	context := entries[len(entries)-1].Context
	for name, want := range map[string]string{
		"aws:PrincipalArn":          "arn:aws:iam::000000000000:role/NotesReader",
		"aws:PrincipalAccount":      "000000000000",
		"aws:PrincipalType":         "AssumedRole",
		"aws:ResourceAccount":       "000000000000",
		"aws:PrincipalTag/TenantID": "yellow",
		"aws:SecureTransport":       "false",
		"aws:SourceIp":              "127.0.0.1",
		"aws:RequestedRegion":       "us-east-1",
		"aws:ViaAWSService":         "false",
	} {
		if got, _ := context.Get(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	for _, name := range []string{"aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime", "aws:userid", "aws:UserAgent"} {
		if got, _ := context.Get(name); len(got) != 1 || got[0] == "" {
			t.Errorf("%s is %v, want one value", name, got)
		}
	}
}

// TestResourceAccountIsThatOfTheResource: a data perimeter's Deny on what belongs to other accounts is about a
// role of another one, and not about the account's own; ListTables has no resource.
func TestResourceAccountIsThatOfTheResource(t *testing.T) {
	l := startNotes(t, "yellow")
	task := l.RoleCredentials(t, "NotesService", "task")
	for arn, want := range map[string]string{
		l.RoleARN("Missing"): l.Account, "arn:aws:iam::111111111111:role/Missing": "111111111111",
	} {
		_, err := l.AssumeRole(t, task, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("s1")})
		localawstest.WantFailure(t, err, "AccessDenied", 403)
		wantResourceAccount(t, l, want)
	}
	if _, err := dynamodb.NewFromConfig(l.Config(localawstest.Root)).ListTables(t.Context(), nil); err != nil {
		t.Error(err)
	}
	wantResourceAccount(t, l, l.Account)
}

func wantResourceAccount(t *testing.T, l *localawstest.Local, want string) {
	t.Helper()
	entries := l.Entries(t)
	last := entries[len(entries)-1]
	if got, _ := last.Context.Get("aws:ResourceAccount"); !slices.Equal(got, []string{want}) {
		t.Errorf("%s on %s: aws:ResourceAccount is %v, want %s", last.Action, last.Resource, got, want)
	}
}

// TestMissingTableIsNamedInTheLogAlone: the caller, who may not know of it, gets the denial that another
// tenant's key gets.
func TestMissingTableIsNamedInTheLogAlone(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	for name, tc := range map[string]struct {
		table, key string
		reason     string
	}{
		"a table that is there":   {"Notes", "blue", ""},
		"a table that is missing": {"Missing", "yellow", "there is no table Missing in this region, so what keys the request names is not known: create the table first"},
	} {
		l.ResetLog()
		_, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &tc.table, Key: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: tc.key}, "NoteID": &types.AttributeValueMemberS{Value: "1"},
		}})
		localawstest.WantFailure(t, err, "AccessDeniedException", 400)
		if strings.Contains(err.Error(), "create the table") {
			t.Errorf("%s: the caller is told: %v", name, err)
		}
		if entries := l.Entries(t); len(entries) != 1 || entries[0].Reason != tc.reason {
			t.Errorf("%s: logged %+v, want the reason %q", name, entries, tc.reason)
		}
	}
}

// TestReasonInTheLogIsTheCallers: the log says of a refusal what the answer says, but for the text that this quotes.
func TestReasonInTheLogIsTheCallers(t *testing.T) {
	l := startNotes(t, "yellow")
	task := l.RoleCredentials(t, "NotesService", "task")
	assume := func(by localawstest.Credentials, change func(*sts.AssumeRoleInput)) error {
		in := &sts.AssumeRoleInput{RoleArn: aws.String(l.RoleARN("NotesReader")), RoleSessionName: aws.String("yellow@test")}
		change(in)
		_, err := l.AssumeRole(t, by, in)
		return err
	}
	for name, tc := range map[string]struct {
		by           localawstest.Credentials
		change       func(*sts.AssumeRoleInput)
		answer, want string // the same where want is empty
	}{
		"root assumes a role": {by: localawstest.Root, answer: "Roles may not be assumed by root accounts."},
		"transitive without a tag": {
			change: func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"TenantID"} },
			answer: "The specified transitive tag key must be included in the requested tags.",
		},
		"a duration": {
			change: func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(5) },
			answer: "Value '5' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
		},
		"a session name": {
			change: func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("secret words") },
			answer: `Value 'secret words' at 'roleSessionName' failed`, want: `Value '...' at 'roleSessionName' failed to satisfy constraint: Member must satisfy`,
		},
		"a session policy": {
			change: func(in *sts.AssumeRoleInput) { in.Policy = aws.String("{\n \"secret words\": 1}") },
			answer: `unknown element "secret words"`, want: "The policy document is malformed at line 2, column 2",
		},
		"a role that is missing": {
			change: func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String(l.RoleARN("Missing")) },
			answer: "is not authorized to perform: sts:AssumeRole", want: "there is no role with this ARN: create it, or correct the ARN",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.change == nil {
				tc.change = func(*sts.AssumeRoleInput) {}
			}
			if tc.by == (localawstest.Credentials{}) {
				tc.by = task
			}
			if tc.want == "" {
				tc.want = tc.answer
			}
			l.ResetLog()
			err := assume(tc.by, tc.change)
			if err == nil || !strings.Contains(err.Error(), tc.answer) {
				t.Errorf("answered %v, want %s", err, tc.answer)
			}
			entries := l.Entries(t)
			if len(entries) != 1 || !strings.Contains(entries[0].Reason, tc.want) || strings.Contains(l.Log(), "secret words") {
				t.Errorf("logged %s, want the reason %s", l.Log(), tc.want)
			}
		})
	}
}

// TestCallersOwnIDIsInTheLog: as one of the caller's words it is bounded and of a safe alphabet, or left out.
func TestCallersOwnIDIsInTheLog(t *testing.T) {
	l := startNotes(t)
	const trace = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
	longest := strings.Repeat("x", 128)
	for name, tc := range map[string]struct {
		trace, request []string
		agent          string
		want           string
	}{
		"none":                    {nil, nil, "", ""},
		"a trace id":              {[]string{trace}, nil, "", trace},
		"a request id":            {nil, []string{"0190-ab_c.d"}, "", "0190-ab_c.d"},
		"both":                    {[]string{trace}, []string{"request"}, "", trace},
		"a trace id that is none": {[]string{"a b"}, []string{"request"}, "", "request"},
		"128 characters":          {nil, []string{longest}, "", longest},
		"129 characters":          {nil, []string{longest + "x"}, "", ""},
		"empty":                   {nil, []string{""}, "", ""},
		"twice":                   {nil, []string{"a", "b"}, "", ""},
		"beyond the alphabet":     {nil, []string{`a"b`}, "", ""},
		"in the User-Agent":       {nil, nil, "aws-sdk-go-v2/1.48.0 md/request-id#AB2C", "AB2C"},
		"the User-Agent's last":   {nil, nil, "x md/request-id#AB2C md/request-id#DE3F app/y", "DE3F"},
		"a header before it":      {nil, []string{"request"}, "x md/request-id#AB2C", "request"},
		"a control character":     {nil, []string{"a\tb"}, "", ""}, // the one that net/http sends
	} {
		l.ResetLog()
		const body = "{}"
		r := request(t, l, body, func(r *http.Request) {
			for _, value := range tc.trace {
				r.Header.Add("X-Amzn-Trace-Id", value)
			}
			for _, value := range tc.request {
				r.Header.Add("X-Request-Id", value)
			}
			r.Header.Set("User-Agent", tc.agent)
		})
		if status, answer := l.Do(t, r, []byte(body), localawstest.Root, "dynamodb"); status != http.StatusOK {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if entries := l.Entries(t); len(entries) != 1 || entries[0].CallerRequestID != tc.want || entries[0].OriginRequestID != "" || entries[0].Decision != "allow" {
			t.Errorf("%s: logged %s, want callerRequestId %q", name, l.Log(), tc.want)
		}
	}
}

// TestOriginIDIsLoggedAndFound: who has only the id that a service in front gave finds the decision with it.
func TestOriginIDIsLoggedAndFound(t *testing.T) {
	l := startNotes(t)
	for agent, want := range map[string]string{
		"sdk md/origin-request-id#AB2C md/request-id#DE3F": "AB2C",
		"sdk md/request-id#DE3F":                           "",
		`sdk md/origin-request-id#A"B md/request-id#DE3F`:  "",
		"sdk md/origin-request-id# md/request-id#DE3F":     "",
	} {
		l.ResetLog()
		r := request(t, l, "{}", func(r *http.Request) { r.Header.Set("User-Agent", agent) })
		if status, answer := l.Do(t, r, []byte("{}"), localawstest.Root, "dynamodb"); status != http.StatusOK {
			t.Errorf("%s: %d %s", agent, status, answer)
		}
		entries := l.Entries(t)
		if len(entries) != 1 || entries[0].OriginRequestID != want || entries[0].CallerRequestID != "DE3F" {
			t.Fatalf("%s: logged %s, want originRequestId %q", agent, l.Log(), want)
		}
		if want == "" {
			continue
		}
		found, err := localaws.FetchDecisions(t.Context(), l.URL, "", want)
		if err != nil || len(found) != 1 || found[0].RequestID != entries[0].RequestID {
			t.Errorf("asked for %s: got %v, %v, want the one decision", want, found, err)
		}
	}
}
