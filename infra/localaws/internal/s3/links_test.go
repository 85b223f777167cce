package s3_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// link is a presigned request of the SDK.
func (k *kit) link(c localawstest.Credentials, method, key string, expires time.Duration, query url.Values) string {
	k.Helper()
	r, err := http.NewRequestWithContext(k.Context(), method, k.l.URL+"/"+bucket+"/"+key, nil)
	if err != nil {
		k.Fatal(err)
	}
	if query == nil {
		query = url.Values{}
	}
	query.Set("X-Amz-Expires", fmt.Sprint(int(expires.Seconds())))
	r.URL.RawQuery = query.Encode()
	signed, _, err := v4.NewSigner().PresignHTTP(k.Context(), awsCredentials(c), r, "UNSIGNED-PAYLOAD", "s3", k.l.Region, k.l.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		k.Fatal(err)
	}
	return signed
}

func awsCredentials(c localawstest.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

func (k *kit) follow(method, link, body string, headers ...string) answer {
	k.Helper()
	u, err := url.Parse(link)
	if err != nil {
		k.Fatal(err)
	}
	return k.ask(method, u.EscapedPath()+"?"+u.RawQuery, body, localawstest.Credentials{}, headers...)
}

func TestLinksAreGoodForWhatWasSigned(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	k.must(k.put(k.root, "yellow/a", "text"))
	k.must(k.put(k.root, "blue/a", "of blue"))
	get, put := k.link(yellow, "GET", "yellow/a", time.Hour, url.Values{"x-id": {"GetObject"}}), k.link(yellow, "PUT", "yellow/b", time.Hour, nil)
	if a := k.follow("GET", get, ""); a.status != 200 || a.body != "text" {
		t.Fatalf("control: %d %s", a.status, a.body)
	}
	k.wants(k.follow("PUT", put, "by a link"), 200, "")
	k.holds("yellow/b", "by a link")
	k.wants(k.follow("GET", k.link(yellow, "GET", "blue/a", time.Hour, nil), ""), 403, "AccessDenied")
	k.wants(k.follow("GET", strings.Replace(get, "yellow/a", "blue/a", 1), ""), 403, "SignatureDoesNotMatch")
	k.wants(k.follow("DELETE", get, ""), 403, "SignatureDoesNotMatch")
	k.wants(k.follow("GET", get+"&response-content-type=text%2Fhtml", ""), 403, "SignatureDoesNotMatch")
	k.wants(k.follow("PUT", put, "x", "X-Amz-Acl", "private"), 403, "SignatureDoesNotMatch")
	k.wants(k.follow("GET", strings.Replace(get, "X-Amz-Expires=3600", "X-Amz-Expires=7200", 1), ""), 403, "SignatureDoesNotMatch")
	for _, seconds := range []time.Duration{0, 604_801 * time.Second} {
		k.wants(k.follow("GET", k.link(localawstest.Root, "GET", "yellow/a", seconds, nil), ""), 400, "AuthorizationQueryParametersError")
	}
	week := k.link(localawstest.Root, "GET", "yellow/a", 604_800*time.Second, nil)
	long := k.link(yellow, "GET", "yellow/a", 604_800*time.Second, nil)
	k.l.ResetLog()
	k.l.Advance(30 * time.Minute)
	k.wants(k.follow("GET", get, ""), 200, "")
	entries := k.l.Entries(t)
	for key, want := range map[string]string{"s3:authType": "REST-QUERY-STRING", "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"} {
		if got, _ := entries[0].Context.Get(key); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	if age, _ := entries[0].Context.Get("s3:signatureAge"); len(age) != 1 || len(age[0]) != len("1800000") || age[0][:2] != "18" {
		t.Errorf("s3:signatureAge is %v, want half an hour in milliseconds", age)
	}
	k.l.Advance(31 * time.Minute)
	k.wants(k.follow("GET", get, ""), 403, "AccessDenied")
	k.wants(k.follow("GET", long, ""), 400, "ExpiredToken")
	k.l.Advance(6 * 24 * time.Hour)
	k.wants(k.follow("GET", week, ""), 200, "")
	k.l.Advance(24 * time.Hour)
	k.wants(k.follow("GET", week, ""), 403, "AccessDenied")
}

// TestLinkIsDecidedWhenItIsUsed: with the permissions of that time.
func TestLinkIsDecidedWhenItIsUsed(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "yellow/a", "text"))
	link := k.link(k.session("yellow"), "GET", "yellow/a", time.Hour, nil)
	k.wants(k.follow("GET", link, ""), 200, "")
	k.putRoles(strings.Replace(ownDocuments, `"Statement":[`, `"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:authType":"REST-QUERY-STRING"}}},`, 1))
	k.wants(k.follow("GET", link, ""), 403, "AccessDenied")
}
