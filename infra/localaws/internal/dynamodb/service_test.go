package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

const (
	testAccount = "000000000000"
	testRegion  = "us-east-1"
	trackingARN = "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openDB(t testing.TB, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newService(t testing.TB) *Service {
	t.Helper()
	return newServiceAt(t, func() time.Time { return testTime })
}

func newServiceAt(t testing.TB, now func() time.Time) *Service {
	t.Helper()
	s, err := New(Config{DB: openDB(t, filepath.Join(t.TempDir(), "db")), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newTracking has the table of the article, and tables whose partition keys are a number and binary.
func newTracking(t testing.TB) *Service {
	t.Helper()
	s := newService(t)
	must(t, s, "CreateTable", createBody("TrackingData", "TenantID", "S", "ShipmentID", "S"))
	must(t, s, "CreateTable", createBody("Other", "TenantID", "S", "ShipmentID", "S"))
	must(t, s, "CreateTable", createBody("Numbered", "Num", "N", "", ""))
	must(t, s, "CreateTable", createBody("Binary", "Bin", "B", "Seq", "N"))
	return s
}

func createBody(table, partition, partitionType, sort, sortType string) string {
	attributes := `{"AttributeName":"` + partition + `","AttributeType":"` + partitionType + `"}`
	keys := `{"AttributeName":"` + partition + `","KeyType":"HASH"}`
	if sort != "" {
		attributes += `,{"AttributeName":"` + sort + `","AttributeType":"` + sortType + `"}`
		keys += `,{"AttributeName":"` + sort + `","KeyType":"RANGE"}`
	}
	return `{"TableName":"` + table + `","AttributeDefinitions":[` + attributes + `],"KeySchema":[` + keys +
		`],"BillingMode":"PAY_PER_REQUEST"}`
}

func requestOf(operation, body string) *api.Request {
	return &api.Request{
		ID: "test", Operation: operation, Body: []byte(body), Now: testTime, Account: testAccount, Region: testRegion,
		Caller: &identity.Principal{Kind: identity.Root, ARN: "arn:aws:iam::000000000000:root", Account: testAccount},
	}
}

// read returns what s.Read makes of a request.
func read(s *Service, operation, body string) (*api.Call, error) {
	return s.Read(context.Background(), requestOf(operation, body))
}

// do answers a request as for a caller who may do everything. An error that has a body of its own comes
// as *api.Error too.
func do(s *Service, operation, body string) (string, error) {
	call, err := read(s, operation, body)
	if err != nil {
		return "", err
	}
	resp, err := call.Answer(context.Background())
	if err != nil {
		return "", err
	}
	if resp.Status != http.StatusOK {
		var failed struct {
			Type string `json:"__type"`
		}
		if err := json.Unmarshal(resp.Body, &failed); err != nil {
			return "", err
		}
		_, code, _ := strings.Cut(failed.Type, "#")
		return string(resp.Body), &api.Error{Code: code, Message: string(resp.Body), Status: resp.Status}
	}
	return string(resp.Body), nil
}

func must(t testing.TB, s *Service, operation, body string) string {
	t.Helper()
	out, err := do(s, operation, body)
	if err != nil {
		t.Fatalf("%s %s: %v", operation, body, err)
	}
	return out
}

// wantCode fails unless err is an *api.Error of that code, whose message contains text.
func wantCode(t testing.TB, err error, code, text, input string) {
	t.Helper()
	var got *api.Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want %s for %s", err, code, input)
	}
	if got.Code != code || !strings.Contains(got.Message, text) {
		t.Errorf("got %s: %s, want %s: ...%s... for %s", got.Code, got.Message, code, text, input)
	}
}

// newClient is the SDK's client of a server that lets everybody do everything.
func newClient(t testing.TB, s *Service) *client.Client {
	t.Helper()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(s, w, r) }))
	t.Cleanup(srv.Close)
	return client.New(client.Options{
		Region: testRegion, BaseEndpoint: aws.String(srv.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func serve(s *Service, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := answerOf(r.Context(), s, requestOf(operation, string(body)))
	if err != nil {
		failed := &api.Error{Code: "InternalServerError", Message: err.Error(), Status: http.StatusInternalServerError}
		errors.As(err, &failed)
		w.WriteHeader(failed.Status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": failed.Namespace + "#" + failed.Code, "message": failed.Message})
		return
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body)
}

func answerOf(ctx context.Context, s *Service, req *api.Request) (*api.Response, error) {
	call, err := s.Read(ctx, req)
	if err != nil {
		return nil, err
	}
	return call.Answer(ctx)
}
