package localaws_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/localaws/policy"
)

func askDecisions(t *testing.T, l *localawstest.Local, by localawstest.Credentials, query string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/decisions?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := l.Do(t, r, nil, by, "localaws")
	return status, string(body)
}

// TestRecentDecisionsAreRootsAlone: they tell who asks for what, of every tenant.
func TestRecentDecisionsAreRootsAlone(t *testing.T) {
	l := startNotes(t, "yellow")
	yellow := sessionOf(t, l, "yellow")
	entries := l.Entries(t)
	last := entries[len(entries)-1]
	query := "request=" + url.QueryEscape(last.RequestID)
	if status, body := askDecisions(t, l, localawstest.Root, query); status != http.StatusOK || !strings.Contains(body, last.RequestID) {
		t.Errorf("root: %d %s, want the decision", status, body)
	}
	for name, by := range map[string]localawstest.Credentials{"a tenant": yellow, "a task": l.RoleCredentials(t, "NotesService", "task")} {
		if status, body := askDecisions(t, l, by, query); status != http.StatusForbidden || strings.Contains(body, last.RequestID) {
			t.Errorf("%s: %d %s, want 403", name, status, body)
		}
	}
	if last := refused(t, l, "AccessDenied"); last.Reason != "Only the account's root may ask for decisions." {
		t.Errorf("logged %+v", last)
	}
	for query, want := range map[string]int{"request=unknown": 200, "request=": 400, "": 400, "request=a%20b": 400, "request=a&all=1": 400} {
		status, body := askDecisions(t, l, localawstest.Root, query)
		if status != want || want == 200 && body != `{"decisions":[]}` {
			t.Errorf("%s: %d %s, want %d", query, status, body, want)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/decisions?request=a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := localawstest.Send(t, r); status != http.StatusForbidden {
		t.Errorf("unsigned: %d %s, want 403", status, body)
	}
}

func TestFetchedDecisionsAreThoseOfTheLog(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	l.ResetLog()
	_, err := getItem(t, client, "blue")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	logged := l.Entries(t)
	fetched, err := localaws.FetchDecisions(t.Context(), l.URL, "", logged[0].RequestID)
	if err != nil || len(fetched) != 1 {
		t.Fatalf("got %d decisions, %v, want 1", len(fetched), err)
	}
	const want = "NotesReader/ReadNotes OwnNotes (Allow) did not apply: " +
		"ForAllValues:StringEquals dynamodb:LeadingKeys wants [yellow], the request has [blue]"
	if got := fetched[0].Why(); got != want || logged[0].Why() != want {
		t.Errorf("got %s, logged %s, want %s", got, logged[0].Why(), want)
	}
}

func TestWhyNamesWhatDecided(t *testing.T) {
	l := startNotes(t, "yellow")
	yellow := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	last := func() localaws.Entry {
		entries := l.Entries(t)
		return entries[len(entries)-1]
	}
	_, _ = getItem(t, yellow, "yellow")
	wantWhy(t, last(), "allowed by NotesReader/ReadNotes OwnNotes", "ALLOWED", "Denials: 1", "Denials: none.")
	_, _ = yellow.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
	wantWhy(t, last(), "denied by NotesReader/ReadNotes NothingWithoutAKey", "DENIED", "", "A Deny statement wins over every Allow.", "  tags      TenantID=yellow", "dynamodb:Select = ALL_ATTRIBUTES")
	_, _ = yellow.ListTables(t.Context(), nil)
	wantWhy(t, last(), "no statement of the identity policies names dynamodb:ListTables", "DENIED", "", "No Allow statement names the action dynamodb:ListTables.")
	_, _ = getItem(t, dynamodb.NewFromConfig(l.Config(localawstest.Credentials{AccessKeyID: "AKIA0", SecretAccessKey: "x"})), "yellow")
	wantWhy(t, last(), "UnrecognizedClientException: The security token included in the request is invalid.", "DENIED", "", "refused before any policy was asked")
}

func wantWhy(t *testing.T, e localaws.Entry, line, outcome, not string, described ...string) {
	t.Helper()
	if got := e.Why(); got != line {
		t.Errorf("got %s, want %s", got, line)
	}
	var out strings.Builder
	if err := localaws.Describe(&out, []localaws.Entry{e}); err != nil {
		t.Error(err)
	}
	for _, want := range append(described, outcome, e.RequestID) {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want %s in it", &out, want)
		}
	}
	if not != "" && strings.Contains(out.String(), not) {
		t.Errorf("got %s, want no %s", &out, not)
	}
}

// TestDescriptionHoldsNoControlCharacters: a caller's agent or key could otherwise move the cursor of a terminal.
func TestDescriptionHoldsNoControlCharacters(t *testing.T) {
	var out strings.Builder
	e := localaws.Entry{Action: "a:B", Resource: "x\x1b[31m\ny", Decision: "deny", Effect: "ImplicitDeny", Layer: "identity",
		Context: localaws.Keys{{Name: "aws:UserAgent", Values: []string{"\x1b]0;title\a"}}, {Name: "a:b", Unknown: true}}}
	if err := localaws.Describe(&out, []localaws.Entry{e}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\a") || !strings.Contains(out.String(), "[31m\uFFFDy\n") || !strings.Contains(out.String(), "a:b = (not known)") {
		t.Errorf("got %q", &out)
	}
}

func TestEntryOfAnotherToolsDecisionIsExplainedAlike(t *testing.T) {
	reads, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::own/*"}]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	policies := policy.Policies{Identity: []policy.Named{{Name: "Reader/Read", Policy: reads}}}
	for bucket, want := range map[string]string{
		"own":    "allowed by Reader/Read Own",
		"others": "Reader/Read Own (Allow) did not apply: Resource wants [arn:aws:s3:::own/*], the request has [arn:aws:s3:::others/k]",
	} {
		r := &policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + bucket + "/k", Context: new(policy.Context)}
		e := localaws.NewEntry(r, policies.Decide(r), policies.Explain(r))
		if got := e.Why(); got != want {
			t.Errorf("%s: got %s, want %s", bucket, got, want)
		}
	}
}

// TestWhyNamesTheStatementThatIsAboutTheResource: of two that could have allowed, the first is about another table.
func TestWhyNamesTheStatementThatIsAboutTheResource(t *testing.T) {
	reads, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"Others","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::others/*"},
		{"Sid":"Own","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::own/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	policies := policy.Policies{Identity: []policy.Named{{Name: "Reader/Read", Policy: reads}}}
	for bucket, want := range map[string]string{
		"own":  "Reader/Read Own (Allow) did not apply: Bool aws:SecureTransport wants [true], the request does not have it",
		"none": "Reader/Read Others (Allow) did not apply: Resource wants [arn:aws:s3:::others/*], the request has [arn:aws:s3:::none/k]",
	} {
		r := &policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + bucket + "/k", Context: new(policy.Context)}
		e := localaws.NewEntry(r, policies.Decide(r), policies.Explain(r))
		if got := e.Why(); got != want {
			t.Errorf("%s: got %s, want %s", bucket, got, want)
		}
	}
}
