package sigv4_test

import (
	"cmp"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

const lifetime = 900

func callerIdentity(t *testing.T) *http.Request {
	t.Helper()
	c := call{method: http.MethodGet, url: "http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15", service: "sts", creds: session, at: at}
	return c.presigned(t, hashOf(""), lifetime)
}

func editQuery(old, replacement string) func(*http.Request) {
	return func(r *http.Request) {
		before := r.URL.RawQuery
		if r.URL.RawQuery = strings.Replace(before, old, replacement, 1); r.URL.RawQuery == before {
			panic("nothing to edit: the query has no " + old)
		}
	}
}

// tampering is one change of a good request, and how it is refused.
type tampering struct {
	name   string
	tamper func(*http.Request)
	want   sigv4.Kind
}

// wantTamperedRefused makes a request for each tampering, which is good before it.
func wantTamperedRefused(t *testing.T, request func(*testing.T) *http.Request, all []tampering) {
	t.Helper()
	for _, tc := range all {
		t.Run(tc.name, func(t *testing.T) {
			r := request(t)
			wantSigned(t, r, options())
			tc.tamper(r)
			_, err := verify(t, r, options())
			wantKind(t, err, tc.want)
		})
	}
}

func TestTamperedPresignedRequestIsRefused(t *testing.T) {
	wantTamperedRefused(t, func(t *testing.T) *http.Request { return callerIdentity(t) }, []tampering{
		{"another verb", func(r *http.Request) { r.Method = http.MethodPost }, sigv4.Mismatch},
		{"another action", editQuery("GetCallerIdentity", "AssumeRole"), sigv4.Mismatch},
		{"added parameter", editQuery("Version=", "A=b&Version="), sigv4.Mismatch},
		{"another life", editQuery("X-Amz-Expires=900", "X-Amz-Expires=901"), sigv4.Mismatch},
		{"life twice", editQuery("X-Amz-Expires=900", "X-Amz-Expires=900&X-Amz-Expires=900"), sigv4.Incomplete},
		{"life misspelt", editQuery("X-Amz-Expires", "x-amz-expires"), sigv4.Incomplete},
		{"another host", func(r *http.Request) { r.Host = "localhost" }, sigv4.Mismatch},
		{"date", editQuery("T120000Z", "T120001Z"), sigv4.Mismatch},
		{"date gone", editQuery("X-Amz-Date=20260301T120000Z&", ""), sigv4.Incomplete},
		{"day of the scope", editQuery("%2F20260301%2F", "%2F20260302%2F"), sigv4.Scope},
		{"region", editQuery("us-east-1", "eu-west-1"), sigv4.Scope},
		{"service", editQuery("%2Fsts%2F", "%2Fiam%2F"), sigv4.Mismatch},
		{"algorithm", editQuery("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), sigv4.Incomplete},
		{"algorithm gone", editQuery("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""), sigv4.Incomplete},
		{"token", editQuery("yellow%2Ftoken", "blue%2Ftoken"), sigv4.InvalidKeyID},
		{"token gone", editQuery("X-Amz-Security-Token=yellow%2Ftoken%2B%3D%3D&", ""), sigv4.InvalidKeyID},
		{"host not signed", editQuery("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=accept"), sigv4.Unsigned},
		{"signature gone", func(r *http.Request) {
			r.URL.RawQuery = r.URL.RawQuery[:strings.Index(r.URL.RawQuery, "&X-Amz-Signature")]
		}, sigv4.Incomplete},
		{"added x-amz header", set("X-Amz-Target", "x"), sigv4.Unsigned},
		{"date as a header", set("X-Amz-Date", "20260301T120000Z"), sigv4.Incomplete},
		{"token as a header", set("X-Amz-Security-Token", session.SessionToken), sigv4.Incomplete},
		{"authorization too", set("Authorization", "AWS4-HMAC-SHA256 Credential=x"), sigv4.Incomplete},
		{"body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) }, sigv4.Mismatch},
	})
}

// TestLifetimeOfALinkToAnObject: S3 wants X-Amz-Expires, of seven days at most.
func TestLifetimeOfALinkToAnObject(t *testing.T) {
	wantTamperedRefused(t, func(t *testing.T) *http.Request { return object(t, lifetime) }, []tampering{
		{"longer life", editQuery("X-Amz-Expires=900", "X-Amz-Expires=901"), sigv4.Mismatch},
		{"over seven days", editQuery("X-Amz-Expires=900", "X-Amz-Expires=604801"), sigv4.Incomplete},
		{"no life at all", editQuery("X-Amz-Expires=900", "X-Amz-Expires=0"), sigv4.Incomplete},
		{"negative life", editQuery("X-Amz-Expires=900", "X-Amz-Expires=-1"), sigv4.Incomplete},
		{"life empty", editQuery("X-Amz-Expires=900", "X-Amz-Expires="), sigv4.Incomplete},
		{"life gone", editQuery("X-Amz-Expires=900&", ""), sigv4.Incomplete},
	})
}

func object(t *testing.T, seconds int) *http.Request {
	t.Helper()
	c := call{method: http.MethodGet, url: "http://localhost:4566/bucket/key", service: "s3", creds: session, at: at}
	return c.presigned(t, hashOf(""), seconds)
}

// TestPresignedRequestLivesItsTimeAndNoLonger: an object's link as long as it says, any other request 15 minutes.
func TestPresignedRequestLivesItsTimeAndNoLonger(t *testing.T) {
	c := call{method: http.MethodGet, url: "http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15", service: "sts", creds: session, at: at}
	for service, signed := range map[string]struct {
		request *http.Request
		early   time.Duration
		lives   time.Duration
	}{
		"s3, a minute":           {object(t, 60), sigv4.SkewS3, time.Minute},
		"s3, an hour":            {object(t, 3600), sigv4.SkewS3, time.Hour},
		"sts, says a minute":     {c.presigned(t, hashOf(""), 60), sigv4.Skew, 15 * time.Minute},
		"sts, says an hour":      {c.presigned(t, hashOf(""), 3600), sigv4.Skew, 15 * time.Minute},
		"sts, says a year":       {c.presigned(t, hashOf(""), 365*24*3600), sigv4.Skew, 15 * time.Minute},
		"sts, says nothing":      {c.presigned(t, hashOf(""), 0), sigv4.Skew, 15 * time.Minute},
		"dynamodb, says nothing": {call{method: http.MethodPost, url: "http://localhost:4566/", service: "dynamodb", creds: session, at: at}.presigned(t, hashOf(""), 0), sigv4.Skew, 15 * time.Minute},
	} {
		for _, tc := range []struct {
			name string
			now  time.Time
			want sigv4.Kind
		}{
			{"at once", at, 0},
			{"its last second", at.Add(signed.lives), 0},
			{"a second later", at.Add(signed.lives + time.Second), sigv4.Expired},
			{"early", at.Add(-signed.early), 0},
			{"a second earlier", at.Add(-signed.early - time.Second), sigv4.NotYetCurrent},
		} {
			t.Run(service+"/"+tc.name, func(t *testing.T) {
				o := options()
				o.Now = tc.now
				_, err := verify(t, signed.request, o)
				if tc.want == 0 && err != nil {
					t.Fatalf("got %v, want it accepted", err)
				}
				if tc.want != 0 {
					wantKind(t, err, tc.want)
				}
			})
		}
	}
}

func TestPresignedPayloadIsUnsignedForS3Alone(t *testing.T) {
	for _, tc := range []struct {
		name, service, hash string
		allowed             bool
		want                sigv4.Kind
	}{
		{"s3, allowed", "s3", "UNSIGNED-PAYLOAD", true, 0},
		{"s3, not allowed", "s3", "UNSIGNED-PAYLOAD", false, sigv4.Mismatch},
		{"s3, signed body, not allowed", "s3", hashOf("x"), false, 0},
		{"sts, though allowed", "sts", "UNSIGNED-PAYLOAD", true, sigv4.Mismatch},
		{"sts, signed body", "sts", hashOf("x"), true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := call{method: http.MethodPut, url: "http://localhost:4566/bucket/key", body: "x", service: tc.service, creds: session, at: at}
			o := options()
			o.UnsignedPayload = tc.allowed
			_, err := verify(t, c.presigned(t, tc.hash, lifetime), o)
			if tc.want == 0 && err != nil {
				t.Fatalf("got %v, want it accepted", err)
			}
			if tc.want != 0 {
				wantKind(t, err, tc.want)
			}
		})
	}
}

func TestPresignedHashIsDeclaredOnceAndIsTheBodys(t *testing.T) {
	for _, tc := range []struct {
		name, inQuery, inHeader string
		want                    sigv4.Kind
	}{
		{"the body's, in the query", hashOf("x"), "", 0},
		{"another's, in the query", hashOf("y"), "", sigv4.Payload},
		{"the body's, in a header", "", hashOf("x"), 0},
		{"another's, in a header", "", hashOf("y"), sigv4.Payload},
		{"in both", hashOf("x"), hashOf("x"), sigv4.Incomplete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := call{method: http.MethodPut, url: "http://localhost:4566/b/k", body: "x", service: "s3", creds: session, at: at, header: map[string]string{}}
			if tc.inQuery != "" {
				c.url += "?X-Amz-Content-Sha256=" + tc.inQuery
			}
			if tc.inHeader != "" {
				c.header["X-Amz-Content-Sha256"] = tc.inHeader
			}
			_, err := verify(t, c.presigned(t, cmp.Or(tc.inQuery, tc.inHeader), lifetime), options())
			if tc.want == 0 && err != nil {
				t.Fatalf("got %v, want it accepted", err)
			}
			if tc.want != 0 {
				wantKind(t, err, tc.want)
			}
		})
	}
}

func TestPresignedTokenMustNotBeEmpty(t *testing.T) {
	c := call{method: http.MethodGet, url: "http://localhost:4566/", service: "sts", creds: longTerm, at: at}
	wantSigned(t, c.presigned(t, hashOf(""), lifetime), options())
	c.url += "?X-Amz-Security-Token="
	_, err := verify(t, c.presigned(t, hashOf(""), lifetime), options())
	wantKind(t, err, sigv4.Incomplete)
}

func TestPresignedRefusalNamesTheMissingParameter(t *testing.T) {
	r := object(t, lifetime)
	editQuery("X-Amz-Expires=900&", "")(r)
	_, err := verify(t, r, options())
	if want := "Incomplete: AWS query-string parameters must include 'X-Amz-Expires'."; err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}
