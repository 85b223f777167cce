package upstream

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// FuzzRewritten: what goes on is the same JSON, and writing it anew once more changes nothing but the token.
func FuzzRewritten(f *testing.F) {
	f.Add([]byte(`{ "Key":{"TenantID":{"S":"\u0079ellow"}},"TableName" : "Notes" }`))
	f.Add([]byte(`{"ClientRequestToken":"one","TransactItems":[{"Delete":{"Key":{}}}],"ClientToken":1}`))
	f.Add([]byte(`{"a":1e400,"b":[[[{"c":null}]]],"d":"\ud83d\ude00"}`))
	f.Add([]byte(`{"a":1,"\u0061":2}`))
	f.Add([]byte(` null `))
	caller := &identity.Principal{ARN: "arn:aws:iam::000000000000:root"}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got []byte
		var err error
		alloctest.Bound(t, len(body), func() { got, err = rewritten(&api.Request{Body: body, Caller: caller}) })
		if err != nil {
			return
		}
		// The upstream's reader is another one; this is the strictest that there is.
		if value := jsontext.Value(got); !value.IsValid() {
			t.Fatalf("%q is written as %q", body, got)
		}
		if again, err := rewritten(&api.Request{Body: got, Caller: caller}); err != nil || len(again) != len(got) && len(body) < 1000 {
			if !containsToken(got) {
				t.Errorf("%q is written as %q, and then as %q, %v", body, got, again, err)
			}
		}
	})
}

// containsToken reports whether body has a member that is written as the caller's own.
func containsToken(body []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return false
		}
		if token.Kind() == '"' && tokenMembers[token.String()] {
			return true
		}
	}
}
