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

// millionTenants have a session each, with a token of 1,000 bytes. They are made once: that takes longer than what is measured.
type millionTenants struct {
	machine   *tokenvending.Machine
	contexts  []context.Context
	asking    []context.Context // some of contexts in turn, by Zipf's law: drawing them costs as much as what is measured
	perTenant float64           // bytes, all in all
}

var million *millionTenants

func amongAMillion(b *testing.B) *millionTenants {
	b.Helper()
	if million != nil {
		return million
	}
	const count = 1_000_000
	m := &millionTenants{machine: newMachine(b, tokenvending.Config{STS: &fakeSTS{}, Capacity: count}), contexts: make([]context.Context, count)}
	for i := range m.contexts {
		id, err := tenant.Parse(fmt.Sprintf("tenant-%07d", i))
		if err != nil {
			b.Fatal(err)
		}
		m.contexts[i] = tenant.NewContext(context.Background(), id)
	}
	before := heapBytes()
	for _, ctx := range m.contexts {
		id, err := tenant.FromContext(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.machine.Keep(id, vended(m.machine.SessionARN(id))); err != nil {
			b.Fatal(err)
		}
	}
	m.perTenant = float64(heapBytes()-before) / count
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 1)), 1.1, 1, count-1)
	for range 1 << 17 {
		m.asking = append(m.asking, m.contexts[zipf.Uint64()])
	}
	million = m
	return m
}

// BenchmarkRetrieveAmongAMillion takes sessions of 1,000,000 tenants from all processors, tenants by Zipf's law. It reports what a
// tenant takes in memory.
func BenchmarkRetrieveAmongAMillion(b *testing.B) {
	m := amongAMillion(b)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(m.asking)); pb.Next(); i++ {
			if _, err := m.machine.Retrieve(m.asking[i%len(m.asking)]); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(m.perTenant, "B/tenant")
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
