package sigv4_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// signedWithHash has the SDK sign with a declared payload hash, "" for none.
func signedWithHash(t *testing.T, service, declared string) *http.Request {
	t.Helper()
	c := getItemCall()
	r := c.request(t)
	hash := declared
	if declared == "" {
		hash = hashOf(c.body)
	} else {
		r.Header.Set("X-Amz-Content-Sha256", declared)
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), c.creds, r, hash, service, "us-east-1", at); err != nil {
		t.Fatal(err)
	}
	return overTheWire(t, r)
}

// encoded is S3's own path encoding, which the SDK's S3 client does before its signer.
func encoded(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	}
	return strings.Join(segments, "/")
}

func drawCall(t *rapid.T) call {
	text := rapid.StringOf(rapid.RuneFrom([]rune("abzAZ09-_.~ !*'();:@&=+$,/?#[]%\"<>\\^`{|}éሴ😀")))
	segment := rapid.StringMatching(`[a-zA-Z0-9 _:@+=~()*éሴ%-]{1,12}`)
	path := "/" + strings.Join(rapid.SliceOfN(segment, 0, 4).Draw(t, "path"), "/")
	query := url.Values{}
	for _, k := range rapid.SliceOfN(text, 0, 4).Draw(t, "keys") {
		query["q"+k] = rapid.SliceOfN(text, 1, 3).Draw(t, "values")
	}
	u := url.URL{Scheme: "http", Host: rapid.SampledFrom([]string{"localhost:4566", "127.0.0.1", "bucket.localhost:8080"}).Draw(t, "host"),
		Path: path, RawPath: encoded(path), RawQuery: query.Encode()}
	c := call{method: rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}).Draw(t, "method"), url: u.String(),
		service: rapid.SampledFrom([]string{"dynamodb", "sts", "es", "s3"}).Draw(t, "service"), at: at, creds: session, header: map[string]string{}}
	if c.method == "PUT" || c.method == "POST" {
		c.body = rapid.String().Draw(t, "body")
	}
	if rapid.Bool().Draw(t, "root") {
		c.creds = longTerm
	}
	value := rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`)
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"Content-Type", "X-Amz-Target", "X-Amz-Meta-A", "Accept", "My-Header"}),
		func(s string) string { return s }).Draw(t, "headers") {
		c.header[name] = value.Draw(t, name)
	}
	return c
}

func TestWhateverTheSDKSignsIsAccepted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCall(rt)
		if _, err := verify(t, c.signed(t), options()); err != nil {
			rt.Fatalf("%+v: %v", c, err)
		}
	})
}

func TestWhateverTheSDKPresignsIsAccepted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCall(rt)
		o := options()
		hash := hashOf(c.body)
		if c.service == "s3" {
			hash, o.UnsignedPayload = "UNSIGNED-PAYLOAD", true
		}
		signed, err := verify(t, c.presigned(t, hash, 60), o)
		if err != nil || !signed.Presigned {
			rt.Fatalf("%+v: got %+v, %v, want it accepted as presigned", c, signed, err)
		}
	})
}

func TestWhatSignSignsIsAcceptedAndIsTheSDKsSignature(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCall(rt)
		delete(c.header, "Accept")    // the SDK signs these two,
		delete(c.header, "My-Header") // Sign does not
		r := c.request(t)
		creds := sigv4.Credentials{AccessKeyID: c.creds.AccessKeyID, SecretAccessKey: c.creds.SecretAccessKey, SessionToken: c.creds.SessionToken}
		if err := sigv4.Sign(r, []byte(c.body), creds, "us-east-1", c.service, c.at.In(time.FixedZone("east", 7200))); err != nil {
			rt.Fatalf("%+v: %v", c, err)
		}
		if _, err := verify(t, overTheWire(t, r), options()); err != nil {
			rt.Fatalf("%+v: %v", c, err)
		}
		want := c.request(t)
		want.ContentLength = 0 // else the SDK signs it too
		want.Header.Set("X-Amz-Content-Sha256", hashOf(c.body))
		if err := v4.NewSigner().SignHTTP(t.Context(), c.creds, want, hashOf(c.body), c.service, "us-east-1", c.at, forS3(c.service)); err != nil {
			rt.Fatal(err)
		}
		if r.Header.Get("Authorization") != want.Header.Get("Authorization") {
			rt.Fatalf("%+v: got %s, want %s", c, r.Header.Get("Authorization"), want.Header.Get("Authorization"))
		}
	})
}

func TestSignReplacesWhatStoodThere(t *testing.T) {
	r := getItemCall().signed(t)
	creds := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := sigv4.Sign(r, []byte(getItem), creds, "us-east-1", "dynamodb", at); err != nil {
		t.Fatal(err)
	}
	if got := wantSigned(t, r, options()); got.AccessKeyID != "test" || got.SessionToken != "" {
		t.Fatalf("got %+v, want the key test and no token", got)
	}
}

func TestSignRefusesWhatVerifyWouldRefuse(t *testing.T) {
	good := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	for _, tc := range []struct {
		name, query, region string
		creds               sigv4.Credentials
		header              http.Header
		want                sigv4.Kind
	}{
		{"nothing wrong", "a=b", "us-east-1", good, http.Header{}, 0},
		{"malformed query", "a=%zz", "us-east-1", good, http.Header{}, sigv4.Incomplete},
		{"presigned already", "X-Amz-Expires=1", "us-east-1", good, http.Header{}, sigv4.Incomplete},
		{"no region", "", "", good, http.Header{}, sigv4.Scope},
		{"no key", "", "us-east-1", sigv4.Credentials{}, http.Header{}, sigv4.Incomplete},
		{"a slash in the key", "", "us-east-1", sigv4.Credentials{AccessKeyID: "a/b"}, http.Header{}, sigv4.Incomplete},
		{"doubled target", "", "us-east-1", good, http.Header{"X-Amz-Target": {"a", "b"}}, sigv4.Incomplete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := getItemCall()
			c.url += "?" + tc.query
			r := c.request(t)
			r.Header = tc.header
			err := sigv4.Sign(r, []byte(c.body), tc.creds, tc.region, "dynamodb", at)
			if tc.want == 0 && err != nil {
				t.Fatal(err)
			}
			if tc.want != 0 {
				wantKind(t, err, tc.want)
				if r.Header.Get("Authorization") != "" {
					t.Fatal("an unsigned request got an Authorization header")
				}
			}
		})
	}
}
