package prove

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// signatureAttacks change one thing in a correctly signed request.
func signatureAttacks() []*Attack {
	codes := []string{"InvalidSignatureException", "IncompleteSignatureException", "MissingAuthenticationTokenException", "UnrecognizedClientException", "ExpiredTokenException", "SignatureDoesNotMatch", "InvalidClientTokenId", "SerializationException"}
	good := request{by: attacker, operation: "GetItem", body: `{"TableName":"~table~","Key":` + strings.ReplaceAll(key, "@", attacker) + `}`}
	var all []*Attack
	add := func(name, does string, change func(*request)) {
		bad := good
		change(&bad)
		all = append(all, &Attack{Name: "signature/" + name, Does: does, Differs: "it is as it was signed", Layer: Signature, Codes: codes, Attempt: step(bad), Control: step(good)})
	}
	after := func(name, does string, change func(*http.Request)) {
		add(name, does, func(q *request) { q.after = change })
	}
	after("unsigned", "no Authorization header", func(r *http.Request) { r.Header.Del("Authorization") })
	after("body", "another's key put into the body after signing", func(r *http.Request) {
		text := strings.ReplaceAll(good.body, attacker, victim)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	})
	after("target", "another operation after signing", func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan") })
	after("path", "another path after signing", func(r *http.Request) { r.URL.Path = "/x" })
	after("query", "a query string after signing", func(r *http.Request) { r.URL.RawQuery = "Action=Scan" })
	after("host", "another host after signing", func(r *http.Request) { r.Host = "dynamodb.eu-west-1.amazonaws.com" })
	after("verb", "another method after signing", func(r *http.Request) { r.Method = http.MethodPut })
	after("date", "another date after signing", func(r *http.Request) {
		r.Header.Set("X-Amz-Date", time.Now().Add(-time.Minute).UTC().Format("20060102T150405Z"))
	})
	authorization := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	scope := func(region, service string) func(*http.Request) {
		return func(r *http.Request) {
			parts := strings.Split(r.Header.Get("Authorization"), "/") // AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request
			parts[2], parts[3] = cmp.Or(region, parts[2]), service
			r.Header.Set("Authorization", strings.Join(parts, "/"))
		}
	}
	after("host-unsigned", "host left out of the signed headers", authorization("host;", ""))
	after("target-unsigned", "x-amz-target left out of the signed headers", authorization(";x-amz-target", ""))
	after("token-unsigned", "the session token left out of the signed headers", authorization(";x-amz-security-token", ""))
	after("algorithm", "another algorithm", authorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"))
	after("region", "the scope of another region", scope("eu-south-9", "dynamodb"))
	after("service", "the scope of another service", scope("", "sts"))
	after("doubled", "a second target header", func(r *http.Request) { r.Header.Add("X-Amz-Target", "DynamoDB_20120810.Scan") })
	after("token-bit", "one character of the session token changed", func(r *http.Request) {
		token := []byte(r.Header.Get("X-Amz-Security-Token"))
		token[len(token)/2] ^= 1
		r.Header.Set("X-Amz-Security-Token", string(token))
	})
	add("replayed", "a request that was signed twenty minutes ago", func(q *request) { q.at = -20 * time.Minute })
	add("ahead", "a request that is signed for in twenty minutes", func(q *request) { q.at = 20 * time.Minute })
	for name, change := range map[string]func(c, other aws.Credentials) aws.Credentials{
		"secret":      func(c, _ aws.Credentials) aws.Credentials { c.SecretAccessKey += "x"; return c },
		"other-token": func(c, other aws.Credentials) aws.Credentials { c.SessionToken = other.SessionToken; return c },
		"other-key":   func(c, other aws.Credentials) aws.Credentials { c.AccessKeyID = other.AccessKeyID; return c },
		"no-token":    func(c, _ aws.Credentials) aws.Credentials { c.SessionToken = ""; return c },
		"root-key":    func(c, _ aws.Credentials) aws.Credentials { c.AccessKeyID = "test"; return c },
	} {
		all = append(all, &Attack{
			Name: "signature/" + name, Does: "a session's credentials with " + strings.ReplaceAll(name, "-", " ") + " in place of its own", Differs: "they are its own", Layer: Signature, Codes: codes,
			Attempt: signedWith(good, change), Control: step(good),
		})
	}
	return append(all, presigned()...)
}

func signedWith(q request, change func(c, other aws.Credentials) aws.Credentials) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		forged := w.with(q.by)
		forged.callers[q.by] = change(w.callers[attacker], w.callers[victim])
		return forged.send(ctx, q)
	}
}
