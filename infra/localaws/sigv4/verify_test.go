package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/sigv4"
)

func BenchmarkVerifyGetItem(b *testing.B) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	body := []byte(`{"TableName":"TrackingData","Key":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1001"}}}`)
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4566/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	creds := sigv4.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: strings.Repeat("t", 500)}
	if err := sigv4.Sign(r, body, creds, "us-east-1", "dynamodb", at); err != nil {
		b.Fatal(err)
	}
	o := sigv4.Options{Now: at, Region: "us-east-1", Secret: func(string, string) (string, error) { return creds.SecretAccessKey, nil }}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sigv4.Verify(r, body, o); err != nil {
			b.Fatal(err)
		}
	}
}
