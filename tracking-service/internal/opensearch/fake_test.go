package opensearch_test

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
	"example.com/shiptrack/tracking-service/internal/opensearch"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// fakeSTS vends sessions with the access key <TENANT>.
type fakeSTS struct{}

func (fakeSTS) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	session := "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/" + aws.ToString(in.RoleSessionName)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &session},
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String(strings.ToUpper(aws.ToString(in.Tags[0].Value))),
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
	*opensearch.Store
	domain *opensearchtest.Domain
	trail  *auditTrail
	outage *outage
}

func newKit(t *testing.T) kit {
	t.Helper()
	k := kit{domain: opensearchtest.Start(t), trail: &auditTrail{}, outage: &outage{}}
	machine, err := tokenvending.New(tokenvending.Config{STS: fakeSTS{}, RoleARN: "arn:aws:iam::000000000000:role/TrackingAccessRole", Instance: "test", Capacity: 10})
	if err != nil {
		t.Fatal(err)
	}
	k.Store, err = opensearch.New(opensearch.Config{
		AWS: aws.Config{Region: "us-east-1"}, Vending: machine, Endpoint: k.domain.URL + "/", Audit: k.trail, Outage: k.outage,
	})
	if err != nil {
		t.Fatal(err)
	}
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

func wantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != want {
		t.Errorf("error = %v, want kind %v", err, want)
	}
}

func question(t testing.TB, words, status string) search.Question {
	t.Helper()
	q, err := search.ParseQuestion(words, status)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// entry is that of a shipment from Singapore to Rotterdam that left delay late.
func entry(t testing.TB, id string, delay time.Duration) search.Entry {
	t.Helper()
	shipmentID, err := tracking.ParseShipmentID(id)
	if err != nil {
		t.Fatal(err)
	}
	place := func(code string) tracking.UNLocationCode {
		parsed, err := tracking.ParseUNLocationCode(code)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	left := noon.Add(delay)
	e, err := search.NewEntry(tracking.Shipment{
		ID: shipmentID, CarrierBookingReference: "BOOKING-" + id, Carrier: "MAEU", Origin: place("SGSIN"), Destination: place("NLRTM"),
		Milestones: []tracking.Milestone{
			{Type: tracking.Departed, Location: place("SGSIN"), Planned: noon, Actual: &left},
			{Type: tracking.Arrived, Location: place("NLRTM"), Planned: noon.Add(240 * time.Hour)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
