package localaws

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

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
	if got, changed := c.list(values); !changed || slices.Equal(got, values) || got[0] != "short" || got[2] != "short" || c.cut.Texts != 1 {
		t.Errorf("got %q, cut %+v", got, c.cut)
	}
	if values[1] != "a text that is too long" {
		t.Errorf("the values became %q", values)
	}
	c = cutter{text: 10, values: 1}
	if got, changed := c.list(values); !changed || !slices.Equal(got, values[:1]) || c.cut.Values != 2 {
		t.Errorf("got %q, cut %+v, want two values left out", got, c.cut)
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

// A line has the members that the struct's tags say, and is read back as what was written.
func TestLineIsTheStructInJSON(t *testing.T) {
	text := rapid.StringOf(rapid.SampledFrom([]rune("a\"\\\n\x00<é\u2028世")))
	invalid := rapid.Custom(func(t *rapid.T) string {
		return text.Draw(t, "text") + rapid.SampledFrom([]string{"", "", "\xff", "\xc3"}).Draw(t, "end")
	})
	statement := rapid.Custom(func(t *rapid.T) Statement {
		return Statement{invalid.Draw(t, "policy"), invalid.Draw(t, "sid"), rapid.IntRange(0, 99).Draw(t, "index")}
	})
	key := rapid.Custom(func(t *rapid.T) Key {
		k := Key{Name: text.Draw(t, "name"), Unknown: rapid.Bool().Draw(t, "unknown")}
		if !k.Unknown {
			k.Values = rapid.SliceOfN(invalid, 0, 3).Draw(t, "values")
		}
		return k
	})
	miss := rapid.Custom(func(t *rapid.T) Miss {
		return Miss{statement.Draw(t, "of"), "Allow", text.Draw(t, "element"), nil, rapid.SliceOf(invalid).Draw(t, "got"), text.Draw(t, "said")}
	})
	rapid.Check(t, func(t *rapid.T) {
		next := func() string { return invalid.Draw(t, "member") }
		e := Entry{
			Time:      time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
			RequestID: next(), CallerRequestID: next(), OriginRequestID: next(), AuthorizationID: next(), Principal: next(), AccessKeyID: next(),
			SessionTags: rapid.MapOf(text, invalid).Draw(t, "tags"), Operation: next(), Action: next(), Resource: next(),
			Decision: next(), Effect: next(), Layer: next(), Code: next(), Reason: next(), Stack: next(),
		}
		if rapid.Bool().Draw(t, "decided") {
			named := statement.Draw(t, "statement")
			e.Statement, e.Cut = &named, &Cut{Bytes: rapid.IntRange(0, 9).Draw(t, "cut")}
			e.Context = rapid.SliceOfNDistinct(key, 1, -1, func(k Key) string { return k.Name }).Draw(t, "context")
			e.Misses = rapid.SliceOf(miss).Draw(t, "misses")
		}
		line := e.encode()
		want, err := json.Marshal(&e, allowInvalidUTF8, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		if string(line) != string(want)+"\n" {
			t.Fatalf("got  %s\nwant %s", line, want)
		}
		var read Entry
		if err := json.Unmarshal(line, &read); err != nil || string(read.encode()) != string(line) {
			t.Fatalf("%s is read as %s: %v", line, read.encode(), err)
		}
	})
}
