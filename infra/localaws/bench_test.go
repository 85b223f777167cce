package localaws_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// client keeps its connections, as the SDK's does.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// roundTrips signs and sends a request again and again.
func roundTrips(b *testing.B, l *localawstest.Local, c localawstest.Credentials, service string, body []byte, header http.Header) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, l.URL+"/", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header = header.Clone()
		if err := sigv4.Sign(r, body, sigv4.Credentials(c), l.Region, service, l.Now()); err != nil {
			b.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			b.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != http.StatusOK {
			b.Fatal(response.Status)
		}
		l.ResetLog()
	}
}

func BenchmarkGetCallerIdentity(b *testing.B) {
	l := localawstest.Start(b)
	l.Load(b, notes)
	form := []byte("Action=GetCallerIdentity&Version=2011-06-15")
	roundTrips(b, l, sessionOf(b, l, "yellow"), "sts", form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// BenchmarkGetItem is a whole request of a tenant over HTTP: signed by the client, verified, resolved from
// its token, decided, logged and answered from the store.
func BenchmarkGetItem(b *testing.B) {
	l := startNotes(b, "yellow")
	body := []byte(`{"TableName":"Notes","Key":{"TenantID":{"S":"yellow"},"NoteID":{"S":"1001"}}}`)
	roundTrips(b, l, sessionOf(b, l, "yellow"), "dynamodb", body, http.Header{
		"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"DynamoDB_20120810.GetItem"},
	})
}
