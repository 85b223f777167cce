package localaws

import (
	"io"
	"slices"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// BenchmarkWriteDecision writes an entry as a tenant's GetItem leaves it.
func BenchmarkWriteDecision(b *testing.B) {
	var context policy.Context
	for name, value := range map[string]string{
		"aws:PrincipalArn": "arn:aws:iam::000000000000:role/NotesReader", "aws:PrincipalAccount": "000000000000", "aws:PrincipalType": "AssumedRole",
		"aws:userid": "AROAEXAMPLEEXAMPLE:yellow@one", "aws:PrincipalTag/TenantID": "yellow", "aws:TokenIssueTime": "2026-01-01T00:00:00Z",
		"aws:CurrentTime": "2026-01-01T00:00:00Z", "aws:EpochTime": "1767225600", "aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "false",
		"aws:RequestedRegion": "us-east-1", "aws:ResourceAccount": "000000000000", "aws:ViaAWSService": "false", "aws:UserAgent": "aws-sdk-go-v2/1.48.0",
	} {
		context.Set(name, value)
	}
	context.SetAll("dynamodb:LeadingKeys", []string{"yellow"})
	request := &policy.Request{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:us-east-1:000000000000:table/Notes", Context: &context}
	log := newDecisionLog(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		e := Entry{
			Time: time.Unix(1767225600, 0).UTC(), RequestID: "0b6a8a3e-4d42-4a51-9d51-1f3f2f0ec0a1", AccessKeyID: "ASIAEXAMPLEEXAMPLE12", Operation: "GetItem",
			Principal: "arn:aws:sts::000000000000:assumed-role/NotesReader/yellow@one", SessionTags: map[string]string{"TenantID": "yellow"},
		}
		e.decide(request, policy.Decision{Effect: policy.Allow, Statement: policy.Statement{Policy: "NotesReader/ReadNotes", Sid: "OwnNotes"}}, nil)
		log.write(&e)
	}
}

// What is shortened is a copy: the entry's own values may be those of a request that is still answered.
func TestAShortenedListIsACopy(t *testing.T) {
	values := []string{"short", "a text that is too long", "short"}
	c := cutter{text: 10, values: 3}
	if got := c.list(values); slices.Equal(got, values) || got[0] != "short" || got[2] != "short" || c.cut.Texts != 1 {
		t.Errorf("got %q, cut %+v", got, c.cut)
	}
	if values[1] != "a text that is too long" {
		t.Errorf("the values became %q", values)
	}
	if c = (cutter{text: 10, values: 1}); !slices.Equal(c.list(values), values[:1]) || c.cut.Values != 2 {
		t.Errorf("cut %+v, want two values left out", c.cut)
	}
}

// An object of JSON has each name once, also where names differ in their secrets alone.
func TestKeysThatLookAlikeOnceSecretsAreHiddenAreLoggedOnce(t *testing.T) {
	name := func(secret string) Key { return Key{Name: "aws:RequestTag/password=" + secret, Values: []string{"x"}} }
	c := cutters[0]
	got := c.context(Keys{name("correct-horse"), {Name: "aws:SourceIp", Values: []string{"127.0.0.1"}}, name("battery-staple")})
	if len(got) != 2 || got[0].Name != "aws:RequestTag/password=[redacted]" || got[1].Name != "aws:SourceIp" || c.cut.Values != 1 {
		t.Errorf("got %+v, cut %+v; want the first two, and one value left out", got, c.cut)
	}
}
