package telemetry_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/telemetry"
)

func newTelemetry(t *testing.T, level string) (*telemetry.Telemetry, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	tel, err := telemetry.New(telemetry.Config{Service: "test", Level: level, Writer: &b})
	if err != nil {
		t.Fatal(err)
	}
	return tel, &b
}

// The shapes of secrets, put together here so that no scanner takes this file for a leak.
var (
	jwt        = "eyJhbGciOiJFUzI1NiJ9." + "eyJzdWIiOiJhbmEifQ." + "c2lnbmF0dXJl"
	awsSecret  = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
	awsSession = "IQoJb3JpZ2luX2Vj" + strings.Repeat("Zm9vYmFy", 30) + "=="
)

type nested struct {
	Name    string
	Headers http.Header
	Inner   map[string]any
}

func TestSecretsAreRedactedWhereverTheyStand(t *testing.T) {
	const secret = "hunter2-hunter2"
	for _, tt := range []struct {
		name string
		attr slog.Attr
		leak string
	}{
		{"Authorization", slog.String("Authorization", secret), secret},
		{"access_token", slog.String("access_token", secret), secret},
		{"sessionToken", slog.String("sessionToken", secret), secret},
		{"client-secret", slog.String("client-secret", secret), secret},
		{"db.password", slog.String("db.password", secret), secret},
		{"Set-Cookie", slog.String("Set-Cookie", secret), secret},
		{"aws_credentials", slog.Any("aws_credentials", []string{secret}), secret},
		{"api key", slog.String("api key", secret), secret},
		{"CURSOR_KEY", slog.String("CURSOR_KEY", secret), secret},
		{"number under a secret key", slog.Int("token", 424242), "424242"},
		{"group of a secret name", slog.Group("credentials", slog.String("value", secret)), secret},
		{"secret key in a group", slog.Group("http", slog.String("cookie", secret)), secret},
		{"JWT", slog.String("note", "got "+jwt+" from them"), jwt},
		{"JWT in an error", slog.Any("error", fmt.Errorf("call: %w", errors.New("bad "+jwt))), jwt},
		{"unsigned JWT", slog.String("note", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), "eyJzdWIi"},
		{"bearer", slog.String("note", "Authorization: bearer abcdefghijkl"), "abcdefghijkl"},
		{"basic", slog.String("note", "Basic dXNlcjpwYXNz"), "dXNlcjpwYXNz"},
		{"AWS secret access key", slog.String("note", "key="+awsSecret+","), awsSecret},
		{"AWS session token", slog.String("note", "t "+awsSession), awsSession[:50]},
		{"presigned URL", slog.String("url", "https://x/y?X-Amz-Signature=abcdef0123&X-Amz-Security-Token=qwertz&a=1"), "abcdef0123"},
		{"presigned URL's token", slog.String("url", "https://x/y?X-Amz-Security-Token=qwertz&a=1"), "qwertz"},
		{"presigned URL in any case", slog.String("url", "https://x/y?x-AmZ-sIgnature=abcdef0123"), "abcdef0123"},
		{"AWS secret access key in a path", slog.String("note", "s3://b/"+awsSecret), awsSecret[:20]},
		{"AWS secret access key in a URL", slog.String("note", "k="+url.QueryEscape(awsSecret)), awsSecret[:12]},
		{"bearer in any case", slog.String("note", "BeArEr abcdefghijkl"), "abcdefghijkl"},
		{"bearer after a letter", slog.String("note", "X_bearer abcdefghijkl"), "abcdefghijkl"},
		{"bearer in a form", slog.String("note", "Authorization=Bearer+abcdefghijkl"), "abcdefghijkl"},
		{"bearer in a URL", slog.String("note", "Bearer%20abcdefghijkl"), "abcdefghijkl"},
		{"bearer after two blanks and a colon", slog.String("note", "Bearer:  abcdefghijkl"), "abcdefghijkl"},
		{"basic in any case", slog.String("note", "bAsIc dXNlcjpwYXNz"), "dXNlcjpwYXNz"},
		{"JWT after a letter", slog.String("note", "jwt_"+jwt), jwt},
		{"JWT whose header begins with a blank", slog.String("note", "eyAiYWxnIjoiRVMyNTYifQ.eyJzdWIiOiJhIn0.c2ln"), "eyJzdWIi"},
		{"JWT whose header begins with a line end", slog.String("note", "ewogImFsZyI6IkVTMjU2In0.eyJzdWIiOiJhIn0.c2ln"), "eyJzdWIi"},
		{"token in a query", slog.String("url", "https://x/y?access_token=qwertz&a=1"), "qwertz"},
		{"secret in an environment", slog.String("note", "env AWS_SECRET_ACCESS_KEY=qwertz HOME=/root"), "qwertz"},
		{"password in JSON", slog.String("note", `{"dbPassword": "qwertz"}`), "qwertz"},
		{"signature of a request", slog.String("note", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host, Signature=abcdef0123"), "abcdef0123"},
		{"password in a URL", slog.String("note", "dial postgres://ana:qwertz@db:5432/x"), "qwertz"},
		{"private key", slog.String("note", "-----BEGIN EC PRIVATE "+"KEY-----\nMHcCAQEEI\n-----END EC PRIVATE "+"KEY-----"), "MHcCAQEEI"},
		{"struct", slog.Any("value", nested{Headers: http.Header{"Authorization": {secret}}}), secret},
		{"map in a struct", slog.Any("value", nested{Inner: map[string]any{"x": []any{map[string]any{"password": secret}}}}), secret},
		{"JWT in a slice", slog.Any("value", []string{"a", jwt}), jwt},
		{"pointer", slog.Any("value", &nested{Name: jwt}), jwt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tel, b := newTelemetry(t, "info")
			tel.Logger.LogAttrs(t.Context(), slog.LevelInfo, "message", tt.attr, slog.String("control", "plain-value"))
			tel.Logger.With(tt.attr).Info("message", "control", "plain-value")
			if strings.Contains(b.String(), tt.leak) {
				t.Errorf("the log tells %q: %s", tt.leak, b)
			}
			if strings.Count(b.String(), telemetry.Redacted) < 2 || strings.Count(b.String(), "plain-value") != 2 {
				t.Errorf("want the secret replaced and the control kept, twice: %s", b)
			}
		})
	}
	tel, b := newTelemetry(t, "info")
	tel.Logger.Info("got " + jwt)
	if strings.Contains(b.String(), jwt) {
		t.Errorf("the message tells the token: %s", b)
	}
}

// Whatever 40 characters of base64 a secret access key has, and whatever stands beside it.
func TestSecretAccessKeysAreRedactedInAnyPlace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	beside := []string{"", " ", "/", "//", "=", "+", ":", "_", "-", `"`, "'", "(", "%2F", "%20", "key/", "arn:aws:s3:::b/", "a", "9", "\n", "ä"}
	for range 2000 {
		var bytes [30]byte
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		secret := base64.StdEncoding.EncodeToString(bytes[:])
		before, after := beside[random.IntN(len(beside))], beside[random.IntN(len(beside))]
		for _, form := range []string{secret, url.QueryEscape(secret), strings.ToLower(url.QueryEscape("/")) + secret} {
			if got := telemetry.Scrub(before + form + after); strings.Contains(got, form[4:16]) {
				t.Errorf("Scrub(%q) = %q", before+form+after, got)
			}
		}
	}
}

// In any case, after anything, with any blanks.
func FuzzBearerTokensAreRedacted(f *testing.F) {
	f.Add("Authorization: ", "BeArEr", uint8(1))
	f.Add("/", "bEARER", uint8(2))
	f.Fuzz(func(t *testing.T, before, scheme string, blanks uint8) {
		const token = "q0-q0-q0-q0-q0"
		if !strings.EqualFold(scheme, "bearer") || blanks == 0 {
			return
		}
		text := before + scheme + strings.Repeat(" ", int(blanks)) + token
		var got string
		alloctest.Bound(t, len(text), func() { got = telemetry.Scrub(text) })
		if strings.Contains(got, token) {
			t.Errorf("Scrub(%q) = %q", text, got)
		}
	})
}

// A secret that is quoted is hidden to its last character, and one in a URL to the host.
func TestSecretsOfSeveralWordsAreRedactedWhole(t *testing.T) {
	for text, want := range map[string]string{
		`{"password":"correct horse battery","a":1}`: `{"password":"[redacted]","a":1}`,
		`{"password":"a,horse&b;battery"}`:           `{"password":"[redacted]"}`,
		`{"password":"a\"horse\\","a":1}`:            `{"password":"[redacted]","a":1}`,
		`body {\"client_secret\":\"a horse\\\"b\"}`:  `body {\"client_secret\":\"[redacted]\"}`,
		`token="a horse battery" a=1`:                `token="[redacted]" a=1`,
		`token=a'horse&b=1`:                          `token=[redacted]&b=1`,
		`token='a horse battery' a=1`:                `token='[redacted]' a=1`,
		`token = 'a horse battery'`:                  `token = '[redacted]'`,
		`{'password': 'a horse', 'a': 1}`:            `{'password': '[redacted]', 'a': 1}`,
		`password: "a horse" # x`:                    `password: "[redacted]" # x`,
		"password: horse\nuser: ana":                 "password: [redacted]\nuser: ana",
		`Cookie: a=horse`:                            `Cookie: [redacted]`,
		`client_secret:horse`:                        `client_secret:[redacted]`,
		`token = horse a=1`:                          `token = [redacted] a=1`,
		`token: a1horse, a=1`:                        `token: [redacted], a=1`,
		`https://ghp_0123456789horse@host/x`:         `https://[redacted]@host/x`,
		`Bearer "a-horse-battery"`:                   `Bearer "[redacted]"`,
		`postgres://ana:p@horse@host/db`:             `postgres://ana:[redacted]@host/db`,
		"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nhorse-\n-----END EC PRIVATE KEY-----\n": "[redacted]\n",
		"-----BEGIN PRIVATE KEY-----\nhorse-battery":                                                       "[redacted]",
	} {
		if got := telemetry.Scrub(text); got != want {
			t.Errorf("Scrub(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestDurationsAreLoggedWithTheirUnit(t *testing.T) {
	tel, b := newTelemetry(t, "info")
	tel.Logger.Info("m", "retry_in", 100*time.Millisecond, "took", 1500*time.Microsecond, slog.Group("g", "wait", time.Second))
	for _, want := range []string{`"retry_in_ms":100,`, `"took_ms":1.5,`, `"g":{"wait_ms":1000}`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log lacks %s: %s", want, b)
		}
	}
}

func TestOrdinaryValuesAreLeftAlone(t *testing.T) {
	for _, value := range []string{
		"arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-service-7d9f8b6c5d-x2x4z",
		"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",             // SHA-1
		"VVM1Q8P2DTO1RQQGRGUEHUUKBFVV4KQNSO5AEMVJF66Q9ASUAAJG", // a DynamoDB request id
		"8a2d7c1e-1111-4222-8333-444455556666", "basic tests passed", "eye", "bearer of news",
		"/Users/ana/Documents/projects/shiptrack/shipment/internal/rest", "a token that does not hold: it is expired", "keyed by: x=1",
		"token: expired", "read the credential: connection refused", "the signature: does not match", "TOKEN=\nHOME=/root", "api-keys: two", "secret: keys are not loaded",
		"http://127.0.0.1:8081/shipments?ids=1001,1002", "https://user@host/x", "they knew; eyes everywhere.",
		"/shipments/:id/eta", "2026-03-01T12:00:00Z", "",
	} {
		if got := telemetry.Scrub(value); got != value {
			t.Errorf("Scrub(%q) = %q, want it unchanged", value, got)
		}
	}
	tel, b := newTelemetry(t, "info")
	tel.Logger.Info("m", "session", "s1", "tenant", "yellow", "count", 3, "list", []int{1, 2}, "took", time.Second, "none", nil)
	for _, want := range []string{`"session":"s1"`, `"tenant":"yellow"`, `"count":3`, `"list":[1,2]`, `"none":null`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log lacks %s: %s", want, b)
		}
	}
}

// Every form of a tenant id, up to 63 characters, in a log line of its own and in the ARN of its session.
func TestTenantsAndTheirSessionsAreLeftAlone(t *testing.T) {
	for _, id := range []string{
		"12345678901234567890", "da39a3ee5e6b4b0d3255bfef95601890", "6f1c0f5e-8d0b-4a6e-9a55-0d6f2a3b4c5d", "n5zgox3bijrq", "check.a",
		strings.Repeat("pb4hq6dy", 7) + "pb4hq6a", strings.Repeat("9", 63), "eyjabcd-ewo", "token-of-secret-1", "bearer-1",
	} {
		for _, text := range []string{
			id, "tokenvending: no session for " + id + ": denied", id + ".jsonl is not named after a tenant",
			"User: arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/" + id + "@tracking-1 is not authorized",
			"arn:aws:sts::000000000000:assumed-role/" + strings.Repeat("Role9", 12) + "/" + id + "@",
			"arn:aws:es:us-east-1:000000000000:domain/test/" + id + "-shipments/_search",
		} {
			if got := telemetry.Scrub(text); got != text {
				t.Errorf("Scrub(%q) = %q, want it unchanged", text, got)
			}
		}
	}
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for _, text := range []string{
		"arn:aws:sts::000000000000:assumed-role/R/yellow@" + secret, secret + " arn:aws:sts::000000000000:assumed-role/R/yellow@a",
		"arn:aws:sts::000000000000:assumed-role/R/" + secret, "arn:aws:sts::000000000000:assumed-role/R/" + secret + "@a",
	} {
		if got := telemetry.Scrub(text); strings.Contains(got, secret[4:16]) {
			t.Errorf("Scrub(%q) = %q", text, got)
		}
	}
}

func TestTimesAreUTC(t *testing.T) {
	tel, b := newTelemetry(t, "info")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("x", 3600))
	tel.Logger.Info("m", "eta", at)
	var r struct {
		Time, ETA string
		Service   string
	}
	if err := json.Unmarshal(b.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.ETA != "2026-03-01T11:00:00Z" || !strings.HasSuffix(r.Time, "Z") || r.Service != "test" {
		t.Errorf("got %s, want UTC and the service", b)
	}
}

func TestTheLevelHoldsForTheLogAndNotForTheUnfiltered(t *testing.T) {
	tel, b := newTelemetry(t, "error")
	tel.Logger.Warn("hidden")
	tel.Logger.Error("shown")
	tel.Unfiltered.Debug("audited")
	if strings.Contains(b.String(), "hidden") || !strings.Contains(b.String(), "shown") || !strings.Contains(b.String(), "audited") {
		t.Errorf("got %s", b)
	}
	for _, level := range []string{"", "debug", "INFO", "warn", "error"} {
		if _, err := telemetry.ParseLevel(level); err != nil {
			t.Errorf("ParseLevel(%q) = %v", level, err)
		}
	}
	if _, err := telemetry.New(telemetry.Config{Service: "x", Level: "loud", Writer: io.Discard}); err == nil {
		t.Error("the level loud is accepted")
	}
	if _, err := telemetry.New(telemetry.Config{Service: "x"}); err == nil {
		t.Error("no writer is accepted")
	}
}

func TestTwoLoggersDoNotMixTheirLines(t *testing.T) {
	tel, b := newTelemetry(t, "info")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				tel.Logger.Info("log")
				tel.Unfiltered.Info("audit")
			}
		})
	}
	wg.Wait()
	n := 0
	for line := range strings.Lines(b.String()) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("the line %q is not JSON", line)
		}
		n++
	}
	if n != 1600 {
		t.Errorf("%d lines, want 1600", n)
	}
}

func TestSpansAreExportedOnlyWhereACollectorIsNamed(t *testing.T) {
	received := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.URL.Path }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL) // the process has it: only Config counts

	silent, err := telemetry.New(telemetry.Config{Service: "test", Writer: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if silent.TracerProvider != nil {
		t.Error("spans are made without a collector")
	}
	if err := silent.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	tel, err := telemetry.New(telemetry.Config{Service: "test", Writer: io.Discard, TraceEndpoint: collector.URL + "/base"})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tel.TracerProvider.Tracer("x").Start(t.Context(), "s")
	span.End()
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if path := <-received; path != "/base/v1/traces" || len(received) != 0 {
		t.Errorf("exported to %s and %d more, want /base/v1/traces once", path, len(received))
	}
	for _, bad := range []string{"collector:4318", "ftp://collector", "http://"} {
		if _, err := telemetry.New(telemetry.Config{Service: "test", Writer: io.Discard, TraceEndpoint: bad}); err == nil {
			t.Errorf("the endpoint %q is accepted", bad)
		}
	}
}

func TestACallersTraceIsPassedOnWithoutACollector(t *testing.T) {
	tel, _ := newTelemetry(t, "info")
	in := propagation.MapCarrier{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	ctx := tel.Propagator.Extract(context.Background(), in)
	out := propagation.MapCarrier{}
	tel.Propagator.Inject(ctx, out)
	if !strings.HasPrefix(out["traceparent"], "00-0af7651916cd43dd8448eb211c80319c-") || !trace.SpanContextFromContext(ctx).IsValid() {
		t.Errorf("passed on %v, want the caller's trace", out)
	}
}
