package sigv4_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

var (
	at       = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	session  = aws.Credentials{AccessKeyID: "ASIAYELLOW", SecretAccessKey: "yellow-secret", SessionToken: "yellow/token+=="}
	longTerm = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	errNoKey = errors.New("no such key")
)

const getItem = `{"TableName":"TrackingData","Key":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1001"}}}`

// secrets is the lookup of the tests: it knows two keys, each with its own token alone.
func secrets(id, token string) (*sigv4.Secret, error) {
	for _, c := range []aws.Credentials{session, longTerm} {
		if c.AccessKeyID == id && c.SessionToken == token {
			return sigv4.NewSecret(c.SecretAccessKey), nil
		}
	}
	return nil, errNoKey
}

func options() sigv4.Options {
	return sigv4.Options{Now: at, Region: "us-east-1", Secret: secrets}
}

// call is a request to be signed by the SDK's signer.
type call struct {
	method, url, body string
	header            map[string]string
	service           string
	creds             aws.Credentials
	at                time.Time
}

func getItemCall() call {
	return call{method: http.MethodPost, url: "http://localhost:4566/", body: getItem, service: "dynamodb", creds: session, at: at,
		header: map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}}
}

func (c call) request(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	return r
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func forS3(service string) func(*v4.SignerOptions) {
	return func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }
}

// signed signs in the header and returns the request as a server receives it.
func (c call) signed(t testing.TB) *http.Request {
	t.Helper()
	r := c.request(t)
	if c.service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hashOf(c.body))
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), c.creds, r, hashOf(c.body), c.service, "us-east-1", c.at, forS3(c.service)); err != nil {
		t.Fatal(err)
	}
	return overTheWire(t, r)
}

// presigned signs in the query, without X-Amz-Expires where expires is 0.
func (c call) presigned(t testing.TB, hash string, expires int) *http.Request {
	t.Helper()
	r := c.request(t)
	if q := r.URL.Query(); expires != 0 {
		q.Set("X-Amz-Expires", strconv.Itoa(expires))
		r.URL.RawQuery = q.Encode()
	}
	uri, header, err := v4.NewSigner().PresignHTTP(t.Context(), c.creds, r, hash, c.service, "us-east-1", c.at, forS3(c.service))
	if err != nil {
		t.Fatal(err)
	}
	c.url = uri
	out := c.request(t)
	out.Header = header.Clone()
	out.Header.Del("Host")
	return overTheWire(t, out)
}

func overTheWire(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	out, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// verify reads the body and judges the request.
func verify(t testing.TB, r *http.Request, o sigv4.Options) (*sigv4.Signed, error) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sigv4.Verify(r, body, o)
}

func wantKind(t testing.TB, err error, want sigv4.Kind) {
	t.Helper()
	var refusal *sigv4.Error
	if !errors.As(err, &refusal) || refusal.Kind != want {
		t.Fatalf("got %v, want kind %v", err, want)
	}
}

func wantSigned(t testing.TB, r *http.Request, o sigv4.Options) *sigv4.Signed {
	t.Helper()
	s, err := verify(t, r, o)
	if err != nil {
		t.Fatalf("the positive control was refused: %v", err)
	}
	return s
}

func TestGoodSignatureNamesItsSigner(t *testing.T) {
	got := *wantSigned(t, getItemCall().signed(t), options())
	want := sigv4.Signed{AccessKeyID: "ASIAYELLOW", SessionToken: "yellow/token+==", Region: "us-east-1", Service: "dynamodb", At: at}
	if got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestClockSkewIsFiveMinutesBothWays(t *testing.T) {
	r := getItemCall().signed(t)
	for _, tc := range []struct {
		name string
		now  time.Time
		want sigv4.Kind
	}{
		{"five minutes late", at.Add(5 * time.Minute), 0},
		{"five minutes and less than a second late", at.Add(5*time.Minute + 999*time.Millisecond), 0},
		{"a second more", at.Add(5*time.Minute + time.Second), sigv4.Expired},
		{"five minutes early", at.Add(-5 * time.Minute), 0},
		{"a second earlier", at.Add(-5*time.Minute - time.Second), sigv4.NotYetCurrent},
		{"no clock", time.Time{}, sigv4.NotYetCurrent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options()
			o.Now = tc.now
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

func TestExpiryIsWordedAsAWSDoes(t *testing.T) {
	o := options()
	o.Now = at.Add(6 * time.Minute)
	_, err := verify(t, getItemCall().signed(t), o)
	want := "Expired: Signature expired: 20260301T120000Z is now earlier than 20260301T120100Z (20260301T120600Z - 5 min.)"
	if err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}

func TestUnknownKeyAndForeignTokenAreInvalid(t *testing.T) {
	for name, creds := range map[string]aws.Credentials{
		"unknown key":          {AccessKeyID: "ASIANOBODY", SecretAccessKey: session.SecretAccessKey, SessionToken: session.SessionToken},
		"session without one":  {AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey},
		"another one's token":  {AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: "blue"},
		"long-term with token": {AccessKeyID: "test", SecretAccessKey: "test", SessionToken: session.SessionToken},
	} {
		t.Run(name, func(t *testing.T) {
			c := getItemCall()
			c.creds = creds
			_, err := verify(t, c.signed(t), options())
			wantKind(t, err, sigv4.InvalidKeyID)
			if !errors.Is(err, errNoKey) {
				t.Fatalf("got %v, want the lookup's error wrapped", err)
			}
		})
	}
}

func TestWrongSecretIsMismatch(t *testing.T) {
	c := getItemCall()
	c.creds = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	wantSigned(t, c.signed(t), options())
	c.creds.SecretAccessKey = "tesT"
	_, err := verify(t, c.signed(t), options())
	wantKind(t, err, sigv4.Mismatch)
}

func TestEmptySecretOfTheLookupOpensNothing(t *testing.T) {
	c := getItemCall()
	r := c.request(t)
	creds := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: ""}
	if err := sigv4.Sign(r, []byte(c.body), creds, "us-east-1", "dynamodb", at); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Secret = func(string, string) (*sigv4.Secret, error) { return sigv4.NewSecret(""), nil }
	_, err := verify(t, overTheWire(t, r), o)
	wantKind(t, err, sigv4.Mismatch)
}

// A secret key keeps the signing key of one scope: requests of another are neither refused nor verified by it.
func TestSecretSignsForManyScopesInTurn(t *testing.T) {
	secret := sigv4.NewSecret(session.SecretAccessKey)
	var gate sync.WaitGroup
	for range 4 {
		gate.Go(func() {
			for i, scope := range []call{{service: "dynamodb"}, {service: "s3"}, {service: "dynamodb", at: at.AddDate(0, 0, 1)}, {service: "dynamodb"}, {service: "sts"}} {
				c := getItemCall()
				c.service = scope.service
				if !scope.at.IsZero() {
					c.at = scope.at
				}
				o := options()
				o.Now, o.Secret = c.at, func(string, string) (*sigv4.Secret, error) { return secret, nil }
				r := c.signed(t)
				if _, err := verify(t, r, o); err != nil {
					t.Errorf("request %d, %s at %s: %v", i, c.service, c.at, err)
				}
				c.creds.SecretAccessKey += "x"
				if _, err := verify(t, c.signed(t), o); err == nil {
					t.Errorf("request %d, %s at %s: another key is accepted", i, c.service, c.at)
				}
			}
		})
	}
	gate.Wait()
}

func TestAnyRegionIsAcceptedWhereNoneIsDemanded(t *testing.T) {
	r := getItemCall().signed(t)
	o := options()
	o.Region = ""
	if got := wantSigned(t, r, o).Region; got != "us-east-1" {
		t.Fatalf("got region %q, want us-east-1", got)
	}
	o.Region = "eu-west-1"
	_, err := verify(t, r, o)
	wantKind(t, err, sigv4.Scope)
}

func BenchmarkVerifyGetItem(b *testing.B) {
	c := getItemCall()
	c.creds.SessionToken = strings.Repeat("t", 500)
	r := c.signed(b)
	body := []byte(c.body)
	o, secret := options(), sigv4.NewSecret(c.creds.SecretAccessKey)
	o.Secret = func(string, string) (*sigv4.Secret, error) { return secret, nil }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sigv4.Verify(r, body, o); err != nil {
			b.Fatal(err)
		}
	}
}
