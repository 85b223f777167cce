package dynamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// call is one request as it went over the wire.
type call struct {
	operation, accessKey, body string
}

// fakeClient is the HTTP client of the SDK: it keeps the calls, and answers with what answer says.
type fakeClient struct {
	answer func(n int, c call) (status int, body string) // n counts from 1

	mu    sync.Mutex
	calls []call
}

var credentialKey = regexp.MustCompile(`Credential=([^/]+)/`)

func (w *fakeClient) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c := call{operation: operation, accessKey: credentialKey.FindStringSubmatch(r.Header.Get("Authorization"))[1], body: string(body)}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	n := len(w.calls)
	w.mu.Unlock()
	status, text := w.answer(n, c)
	if status == 0 { // a server that never answers
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(bytes.NewBufferString(text)), Request: r,
		Header: http.Header{
			"Content-Type":     {"application/x-amz-json-1.0"},
			"X-Amzn-Requestid": {fmt.Sprintf("aws-%d", n)},
		},
	}, nil
}

// always answers every call alike.
func always(status int, body string) *fakeClient {
	return &fakeClient{answer: func(int, call) (int, string) { return status, body }}
}

// fakeSTS vends sessions with the access key AKIA<TENANT>, or fails.
type fakeSTS struct{ err error }

func (f fakeSTS) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	session := "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/" + aws.ToString(in.RoleSessionName)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &session},
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String("AKIA" + strings.ToUpper(aws.ToString(in.Tags[0].Value))),
			SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"),
			Expiration: aws.Time(time.Now().Add(time.Hour)),
		},
	}, nil
}

func newStore(t testing.TB, w *fakeClient, client tokenvending.AssumeRoler) (*dynamo.Store, *awscalltest.Trail) {
	t.Helper()
	machine, err := tokenvending.New(tokenvending.Config{
		STS: client, RoleARN: "arn:aws:iam::000000000000:role/TrackingAccessRole", Instance: "test", Capacity: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	trail := &awscalltest.Trail{}
	store, err := dynamo.New(dynamo.Config{
		AWS:     aws.Config{Region: "us-east-1", HTTPClient: w, BaseEndpoint: aws.String("http://dynamodb.test")},
		Vending: machine, Table: "TrackingData", Audit: trail,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store, trail
}

func shipmentID(t testing.TB, s string) tracking.ShipmentID {
	t.Helper()
	id, err := tracking.ParseShipmentID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// row is an item as DynamoDB answers it.
func row(owner, id string) string {
	return fmt.Sprintf(`{"TenantID":{"S":%q},"ShipmentID":{"S":%q},"CarrierBookingReference":{"S":"B1"},"Carrier":{"S":"MAEU"},
		"Origin":{"S":"CNSHA"},"Destination":{"S":"DEHAM"},"Milestones":{"L":[{"M":{"Type":{"S":"ARRI"},"Location":{"S":"DEHAM"},
		"Planned":{"S":"2026-05-01T12:00:00Z"},"Actual":{"S":"2026-05-02T12:00:00Z"}}}]}}`, owner, id)
}

func rows(owner string, ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, row(owner, id))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func key(owner, id string) string {
	return fmt.Sprintf(`{"TenantID":{"S":%q},"ShipmentID":{"S":%q}}`, owner, id)
}

func ids(shipments []tracking.Shipment) string {
	var all []string
	for _, s := range shipments {
		all = append(all, s.ID.String())
	}
	return strings.Join(all, " ")
}

// field returns what path (names and indexes) leads to in a JSON text.
func field(t testing.TB, text string, path ...any) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value
}
