package s3_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/s3"
	"example.com/shiptrack/tracking-service/internal/s3/s3test"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

const bucket = "documents"

// fakeSTS vends sessions with the access key <ROLE><TENANT>.
type fakeSTS struct{}

func (fakeSTS) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	_, role, _ := strings.Cut(aws.ToString(in.RoleArn), ":role/Tracking")
	session := "arn:aws:sts::000000000000:assumed-role/Tracking" + role + "/" + aws.ToString(in.RoleSessionName)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &session},
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String(strings.ToUpper(role + aws.ToString(in.Tags[0].Value))),
			SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"), Expiration: aws.Time(time.Now().Add(time.Hour)),
		},
	}, nil
}

// auditTrail keeps what was recorded.
type auditTrail struct {
	mu      sync.Mutex
	records []audit.Record
}

func (a *auditTrail) Record(_ context.Context, r audit.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records = append(a.records, r)
}

func (a *auditTrail) last(t *testing.T) audit.Record {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.records) == 0 {
		t.Fatal("nothing was audited")
	}
	return a.records[len(a.records)-1]
}

// outage keeps what it was told.
type outage struct {
	mu   sync.Mutex
	told []error
}

func (o *outage) Observe(_ context.Context, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, err)
}

// away is what it was told last, false where nothing.
func (o *outage) away() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.told) > 0 && o.told[len(o.told)-1] != nil
}

type kit struct {
	*s3.Store
	bucket *s3test.Bucket
	trail  *auditTrail
	outage *outage
}

func newKit(t *testing.T) kit {
	t.Helper()
	return newKitThatTries(t, 1)
}

// newKitThatTries is newKit whose SDK makes so many attempts.
func newKitThatTries(t *testing.T, attempts int) kit {
	t.Helper()
	machine := func(role string) *tokenvending.Machine {
		m, err := tokenvending.New(tokenvending.Config{STS: fakeSTS{}, RoleARN: "arn:aws:iam::000000000000:role/" + role, Instance: "test", Capacity: 10})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	k := kit{bucket: s3test.Start(t, bucket), trail: &auditTrail{}, outage: &outage{}}
	store, err := s3.New(s3.Config{
		AWS:   aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(k.bucket.URL), RetryMaxAttempts: attempts},
		Reads: machine("TrackingAccessRole"), Writes: machine("TrackingWriteRole"), Bucket: bucket, Audit: k.trail, Outage: k.outage,
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Store = store
	return k
}

func as(t testing.TB, id string) context.Context {
	t.Helper()
	parsed, err := tenant.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewContext(t.Context(), parsed)
}

func shipmentID(t testing.TB, s string) tracking.ShipmentID {
	t.Helper()
	id, err := tracking.ParseShipmentID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func named(t testing.TB, s string) documents.Name {
	t.Helper()
	name, err := documents.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func wantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != want {
		t.Errorf("error = %v, want kind %v", err, want)
	}
}
