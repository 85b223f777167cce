package s3_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/documents"
)

// BenchmarkTenants reads documents of 64 KiB for two tenants in turn, each under its own scoped session, and documents of one tenant
// under one session that never changes (see awscalltest.CostOfTenants).
func BenchmarkTenants(b *testing.B) {
	l := enforcedBackend(b)
	store, _ := open(b, l, "TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole")
	content := bytes.Repeat([]byte("x"), 64<<10)
	for _, owner := range []string{"yellow", "blue"} {
		if _, err := store.Put(awscalltest.As(b, owner), shipmentID(b, "1001"), documents.Upload{
			Name: named(b, "pod.pdf"), Type: documents.PDF, Size: int64(len(content)), Body: struct{ io.Reader }{bytes.NewReader(content)},
		}); err != nil {
			b.Fatal(err)
		}
	}
	vending, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(l.Config(l.RoleCredentials(b, "TrackingServiceRole", "task"))), RoleARN: l.RoleARN("TrackingAccessRole"), Instance: "bench", Capacity: 10,
	})
	if err != nil {
		b.Fatal(err)
	}
	one, err := vending.Retrieve(awscalltest.As(b, "yellow"))
	if err != nil {
		b.Fatal(err)
	}
	fixed := credentials.NewStaticCredentialsProvider(one.AccessKeyID, one.SecretAccessKey, one.SessionToken)
	scoped := newReader(l, vending)
	static := newReader(l, aws.NewCredentialsCache(fixed))

	awscalltest.CostOfTenants(b,
		func(i int) { download(b, scoped, []string{"yellow", "blue"}[i%2], int64(len(content))) },
		func(int) { download(b, static, "yellow", int64(len(content))) })
}

func newReader(l *localawstest.Local, from aws.CredentialsProvider) *awss3.Client {
	return awss3.NewFromConfig(l.Config(localawstest.Root), func(o *awss3.Options) { o.Credentials, o.UsePathStyle = from, true })
}

func download(b *testing.B, client *awss3.Client, owner string, size int64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(awscalltest.As(b, owner), 10*time.Second)
	defer cancel()
	out, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(enforced), Key: aws.String(owner + "/1001/pod.pdf")})
	if err != nil {
		b.Fatal(err)
	}
	defer out.Body.Close()
	if n, err := io.Copy(io.Discard, out.Body); n != size || err != nil {
		b.Fatalf("%d bytes, %v", n, err)
	}
}
