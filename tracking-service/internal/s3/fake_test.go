package s3_test

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

type kit struct {
	*s3.Store
	bucket *s3test.Bucket
	trail  *awscalltest.Trail
	outage *awscalltest.Outage
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
	k := kit{bucket: s3test.Start(t, bucket), trail: &awscalltest.Trail{}, outage: &awscalltest.Outage{}}
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
