package s3_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/s3"
)

const enforced = localawstest.Bucket // which the policies name

// provision makes the bucket, and a key with tag and alias for each tenant.
func provision(t testing.TB, l *localawstest.Local, tenants ...tenant.ID) {
	t.Helper()
	root := l.Config(localawstest.Root)
	bucket := awss3.NewFromConfig(root, func(o *awss3.Options) { o.UsePathStyle = true })
	if _, err := bucket.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String(enforced)}); err != nil {
		t.Fatal(err)
	}
	keys := kms.NewFromConfig(root)
	for _, id := range tenants {
		key, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: aws.String(id.String())}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String(keyalias.Of(id)), TargetKeyId: key.KeyMetadata.KeyId}); err != nil {
			t.Fatal(err)
		}
	}
}

// open returns a store whose sessions the service's role vends, of the two roles.
func open(t testing.TB, l *localawstest.Local, task, reads, writes string) (*s3.Store, *awscalltest.Trail) {
	t.Helper()
	machine := func(role string) *tokenvending.Machine {
		m, err := tokenvending.New(tokenvending.Config{
			STS: sts.NewFromConfig(l.Config(l.RoleCredentials(t, task, "task"))), RoleARN: l.RoleARN(role), Instance: "test", Capacity: 10,
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	trail := &awscalltest.Trail{}
	store, err := s3.New(s3.Config{AWS: l.Config(localawstest.Root), Reads: machine(reads), Writes: machine(writes), Bucket: enforced, Audit: trail})
	if err != nil {
		t.Fatal(err)
	}
	return store, trail
}

func tenantOf(t testing.TB, text string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func enforcedBackend(t testing.TB) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	provision(t, l, tenantOf(t, "yellow"), tenantOf(t, "blue"))
	return l
}

func TestDocumentsOfTwoTenantsUnderEnforcedPolicies(t *testing.T) {
	l := enforcedBackend(t)
	store, trail := open(t, l, "TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole")
	for _, owner := range []string{"yellow", "blue"} {
		_, err := store.Put(awscalltest.As(t, owner), shipmentID(t, "1001"), documents.Upload{
			Name: named(t, "pod.pdf"), Type: documents.PDF, Size: int64(len("of " + owner)), Body: struct{ io.Reader }{strings.NewReader("of " + owner)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, owner := range []string{"yellow", "blue"} {
		list, more, err := store.List(awscalltest.As(t, owner), shipmentID(t, "1001"))
		if err != nil || more || len(list) != 1 || list[0].Modified.IsZero() {
			t.Fatalf("%s's list: %v, %v", owner, list, err)
		}
		for section, want := range map[*documents.Section]string{nil: "of " + owner, {First: 3, Last: 4}: owner[:2]} {
			opened, err := store.Open(awscalltest.As(t, owner), shipmentID(t, "1001"), list[0], section)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(opened.Body)
			opened.Body.Close()
			if err != nil || string(content) != want || opened.Type != documents.PDF {
				t.Errorf("%s reads %q, %v; want %q", owner, content, err, want)
			}
		}
	}
	_, err := store.Find(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), named(t, "none.pdf"))
	awscalltest.WantKind(t, err, problem.NotFound)
	_, err = store.Put(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Upload{Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1, Body: strings.NewReader("x"), OnlyNew: true})
	awscalltest.WantKind(t, err, problem.PreconditionFailed)
	if got := trail.Last(t).Decision; got != audit.Allow {
		t.Errorf("audited %s", got)
	}
}

// Each role does what it is for, and the other cannot do it.
func TestRolesReadOrWrite(t *testing.T) {
	l := enforcedBackend(t)
	swapped, trail := open(t, l, "TrackingServiceRole", "TrackingWriteRole", "TrackingAccessRole")
	_, err := swapped.Put(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Upload{Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1, Body: strings.NewReader("x")})
	awscalltest.WantKind(t, err, problem.Denied)
	_, _, err = swapped.List(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Denied)
	_, err = swapped.Open(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Info{Name: named(t, "pod.pdf"), ETag: `"1"`}, nil)
	awscalltest.WantKind(t, err, problem.Denied)
	if got := trail.Last(t); got.Decision != audit.Deny || got.AWSRequestID == "" {
		t.Errorf("audited %+v", got)
	}
	seeder, _ := open(t, l, "TrackingSeedTaskRole", "TrackingSeedRole", "TrackingSeedRole")
	_, err = seeder.Put(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Upload{Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1, Body: strings.NewReader("x")})
	if err != nil {
		t.Errorf("the seed's role: %v", err)
	}
	_, _, err = seeder.List(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Denied)
	// green has no key: nothing can be stored for it.
	good, _ := open(t, l, "TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole")
	_, err = good.Put(awscalltest.As(t, "green"), shipmentID(t, "1001"), documents.Upload{Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1, Body: strings.NewReader("x")})
	awscalltest.WantKind(t, err, problem.Internal)
}

func TestProbeIsAnsweredAsTheCheckWantsIt(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	a, b := tenant.IsolationCheck()
	provision(t, l, a, b)
	machine := func(role string) *tokenvending.Machine {
		m, err := tokenvending.New(tokenvending.Config{STS: sts.NewFromConfig(l.Config(l.RoleCredentials(t, "TrackingServiceRole", "task"))), RoleARN: l.RoleARN(role), Instance: "test", Capacity: 2})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	probe, err := s3.NewProbe(l.Config(localawstest.Root), machine("TrackingAccessRole"), machine("TrackingWriteRole"), enforced)
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []func(context.Context) (audit.Record, error){probe.PutOwn, probe.GetOwn, probe.ListOwn, probe.PutPeer} {
		if record, err := own(t.Context()); err != nil || record.AWSRequestID == "" {
			t.Errorf("%+v: %v", record, err)
		}
	}
	for code, others := range map[string][]func(context.Context) (audit.Record, error){
		"AccessDenied": {probe.ListOther, probe.PutOther, probe.PutOtherKey},
		"Forbidden":    {probe.HeadOther}, // whose answer has no body
	} {
		for _, other := range others {
			_, err := other(t.Context())
			localawstest.WantFailure(t, err, code, 403)
		}
	}
}
