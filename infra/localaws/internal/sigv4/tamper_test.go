package sigv4_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// edit changes the one header named, by replacing old with new.
func edit(name, old, replacement string) func(*http.Request) {
	return func(r *http.Request) {
		before := r.Header.Get(name)
		r.Header.Set(name, strings.Replace(before, old, replacement, 1))
		if r.Header.Get(name) == before {
			panic("nothing to edit: " + name + " has no " + old)
		}
	}
}

func set(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

// Each row differs from the accepted request in one thing.
func TestTamperedRequestIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tamper func(*http.Request)
		want   sigv4.Kind
	}{
		{"method", func(r *http.Request) { r.Method = http.MethodPut }, sigv4.Mismatch},
		{"path", func(r *http.Request) { r.URL.Path = "/x" }, sigv4.Mismatch},
		{"query", func(r *http.Request) { r.URL.RawQuery = "Action=Scan" }, sigv4.Mismatch},
		{"body", func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(getItem, "yellow", "yelloW", 1)))
		}, sigv4.Mismatch},
		{"host", func(r *http.Request) { r.Host = "localhost:4567" }, sigv4.Mismatch},
		{"no host", func(r *http.Request) { r.Host = "" }, sigv4.Incomplete},
		{"second host", set("Host", "localhost:4566"), sigv4.Incomplete},
		{"signed header", edit("Content-Type", "1.0", "1.1"), sigv4.Mismatch},
		{"signed header gone", func(r *http.Request) { r.Header.Del("Content-Type") }, sigv4.Incomplete},
		{"signed header twice", set("Content-Type", "application/x-amz-json-1.0", "x"), sigv4.Mismatch},
		{"target", edit("X-Amz-Target", "GetItem", "DeleteItem"), sigv4.Mismatch},
		{"target twice", set("X-Amz-Target", "DynamoDB_20120810.GetItem", "DynamoDB_20120810.Scan"), sigv4.Incomplete},
		{"added x-amz header", set("X-Amz-Extra", "1"), sigv4.Unsigned},
		{"added x-amz header, misspelt", set("x-AMZ-extra", "1"), sigv4.Incomplete},
		{"date", edit("X-Amz-Date", "120000Z", "120001Z"), sigv4.Mismatch},
		{"date gone", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, sigv4.Incomplete},
		{"date twice", set("X-Amz-Date", "20260301T120000Z", "20260301T120000Z"), sigv4.Incomplete},
		{"date empty", set("X-Amz-Date", ""), sigv4.Incomplete},
		{"date in another form", set("X-Amz-Date", "2026-03-01T12:00:00Z"), sigv4.Incomplete},
		{"date with a fraction", set("X-Amz-Date", "20260301T120000.5Z"), sigv4.Incomplete},
		{"token", edit("X-Amz-Security-Token", "yellow", "blue"), sigv4.InvalidKeyID},
		{"token gone", func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, sigv4.Incomplete},
		{"token twice", set("X-Amz-Security-Token", session.SessionToken, session.SessionToken), sigv4.Incomplete},
		{"token empty", set("X-Amz-Security-Token", ""), sigv4.Incomplete},
		{"token in the query too", func(r *http.Request) { r.URL.RawQuery = "X-Amz-Security-Token=x" }, sigv4.Incomplete},
		{"signature in the query too", func(r *http.Request) { r.URL.RawQuery = "x-amz-signature=x" }, sigv4.Incomplete},
		{"declared hash", set("X-Amz-Content-Sha256", hashOf(getItem)), sigv4.Unsigned},
		{"query with semicolon", func(r *http.Request) { r.URL.RawQuery = "a=1;b=2" }, sigv4.Incomplete},
		{"query badly encoded", func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, sigv4.Incomplete},
		{"credential's key", edit("Authorization", "ASIAYELLOW", "test"), sigv4.InvalidKeyID},
		{"credential's day", edit("Authorization", "/20260301/", "/20260228/"), sigv4.Scope},
		{"credential's day shortened", edit("Authorization", "/20260301/", "/2026030/"), sigv4.Scope},
		{"region", edit("Authorization", "us-east-1", "us-east-2"), sigv4.Scope},
		{"service", edit("Authorization", "/dynamodb/", "/sts/"), sigv4.Mismatch},
		{"service in upper case", edit("Authorization", "/dynamodb/", "/DynamoDB/"), sigv4.Scope},
		{"service empty", edit("Authorization", "/dynamodb/", "//"), sigv4.Scope},
		{"terminator", edit("Authorization", "aws4_request", "aws5_request"), sigv4.Scope},
		{"scope too long", edit("Authorization", "aws4_request", "aws4_request/x"), sigv4.Incomplete},
		{"key empty", edit("Authorization", "ASIAYELLOW", ""), sigv4.Incomplete},
		{"key with odd characters", edit("Authorization", "ASIAYELLOW", "ASIA YELLOW"), sigv4.Incomplete},
		{"host not signed", edit("Authorization", ";host;", ";"), sigv4.Unsigned},
		{"target not signed", edit("Authorization", ";x-amz-target", ""), sigv4.Unsigned},
		{"date not signed", edit("Authorization", ";x-amz-date", ""), sigv4.Unsigned},
		{"token not signed", edit("Authorization", ";x-amz-security-token", ""), sigv4.Unsigned},
		{"signed headers out of order", edit("Authorization", "content-type;host", "host;content-type"), sigv4.Incomplete},
		{"signed header named twice", edit("Authorization", "host;", "host;host;"), sigv4.Incomplete},
		{"signed header in upper case", edit("Authorization", "content-length;", "Content-length;"), sigv4.Incomplete},
		{"signed headers empty", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			start, end := strings.Index(a, "SignedHeaders="), strings.Index(a, ", Signature")
			r.Header.Set("Authorization", a[:start]+"SignedHeaders="+a[end:])
		}, sigv4.Incomplete},
		{"a header signed that is not there", edit("Authorization", "host;", "host;hosts;"), sigv4.Incomplete},
		{"algorithm", edit("Authorization", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), sigv4.Incomplete},
		{"bearer", set("Authorization", "Bearer x"), sigv4.Incomplete},
		{"authorization empty", set("Authorization", ""), sigv4.Incomplete},
		{"authorization gone", func(r *http.Request) { r.Header.Del("Authorization") }, sigv4.MissingToken},
		{"authorization twice", func(r *http.Request) {
			r.Header.Add("Authorization", r.Header.Get("Authorization"))
		}, sigv4.Incomplete},
		{"credential named twice", edit("Authorization", "Credential=", "Credential=x, Credential="), sigv4.Incomplete},
		{"unknown parameter", edit("Authorization", "Credential=", "X=x, Credential="), sigv4.Incomplete},
		{"no equal sign", edit("Authorization", "Credential=", "Credential"), sigv4.Incomplete},
		{"no credential", edit("Authorization", "Credential=", "Credential=, X="), sigv4.Incomplete},
		{"signature's last digit", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			last := a[len(a)-1] ^ 1
			r.Header.Set("Authorization", a[:len(a)-1]+string(last))
		}, sigv4.Mismatch},
		{"signature cut", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		}, sigv4.Incomplete},
		{"signature empty", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:strings.Index(a, "Signature=")+len("Signature=")])
		}, sigv4.Incomplete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := getItemCall().signed(t)
			wantSigned(t, r, options())
			tc.tamper(r)
			_, err := verify(t, r, options())
			wantKind(t, err, tc.want)
		})
	}
}

func TestDeclaredPayloadHashMustBeTheBodys(t *testing.T) {
	for _, tc := range []struct {
		name, service, declared string
		allowed                 bool
		want                    sigv4.Kind
	}{
		{"the body's", "dynamodb", hashOf(getItem), false, 0},
		{"another body's", "dynamodb", hashOf("x"), false, sigv4.Payload},
		{"in upper case", "dynamodb", strings.ToUpper(hashOf(getItem)), false, sigv4.Payload},
		{"unsigned, to s3, allowed", "s3", "UNSIGNED-PAYLOAD", true, 0},
		{"unsigned, to s3", "s3", "UNSIGNED-PAYLOAD", false, sigv4.Payload},
		{"unsigned, to dynamodb, though allowed", "dynamodb", "UNSIGNED-PAYLOAD", true, sigv4.Payload},
		{"streamed", "s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, sigv4.Payload},
		{"none, to s3", "s3", "", true, sigv4.Incomplete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := signedWithHash(t, tc.service, tc.declared)
			o := options()
			o.UnsignedPayload = tc.allowed
			_, err := verify(t, r, o)
			if tc.want == 0 && err != nil {
				t.Fatalf("got %v, want it accepted", err)
			}
			if tc.want != 0 {
				wantKind(t, err, tc.want)
			}
		})
	}
}
