package tokenvending_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// BenchmarkRetrieveAmongAMillion has a session of each of 1,000,000 tenants, with a token of 1,000 bytes, and takes them from all
// processors, tenants by Zipf's law. It reports what a tenant takes in memory, all in all.
func BenchmarkRetrieveAmongAMillion(b *testing.B) {
	const count = 1_000_000
	machine := newMachine(b, tokenvending.Config{STS: &fakeSTS{}, Capacity: count})
	contexts := make([]context.Context, count)
	for i := range contexts {
		contexts[i] = as(b, fmt.Sprintf("tenant-%07d", i))
	}
	before := heapBytes()
	for _, ctx := range contexts {
		id, err := tenant.FromContext(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if err := machine.Keep(id, vended(machine.SessionARN(id))); err != nil {
			b.Fatal(err)
		}
	}
	perTenant := float64(heapBytes()-before) / count
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		source := rand.New(rand.NewPCG(1, rand.Uint64()))
		zipf := rand.NewZipf(source, 1.1, 1, count-1)
		var drawn [1 << 16]uint64 // drawing costs as much as what is measured
		for i := range drawn {
			drawn[i] = zipf.Uint64()
		}
		for i := 0; pb.Next(); i++ {
			if _, err := machine.Retrieve(contexts[drawn[i%len(drawn)]]); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(perTenant, "B/tenant")
	runtime.KeepAlive(machine)
}

// vended is an answer of STS for a session.
func vended(arn string) *sts.AssumeRoleOutput {
	text := func(s string, n int) *string { return aws.String(strings.Repeat(s, n)) }
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &arn},
		Credentials: &types.Credentials{
			AccessKeyId: text("A", 20), SecretAccessKey: text("s", 40), SessionToken: text("t", 1000), Expiration: aws.Time(time.Now().Add(time.Hour)),
		},
	}
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
