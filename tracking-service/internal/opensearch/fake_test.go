package opensearch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
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

type kit struct {
	*opensearch.Store
	domain *opensearchtest.Domain
	trail  *awscalltest.Trail
	outage *awscalltest.Outage
}

func newKit(t *testing.T) kit {
	t.Helper()
	k := kit{domain: opensearchtest.Start(t), trail: &awscalltest.Trail{}, outage: &awscalltest.Outage{}}
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
