package tenants_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// BenchmarkTenThousandTenants is the source of the figures in BENCHMARKS.md: 10,000 tenants are added (500 with -short), and then rows of
// tenants drawn at random are read through token vending whose cache holds a tenth of them. localaws runs in the same process. Run it once:
// go test -run - -bench TenThousand -benchtime 1x ./infra/tenants
func BenchmarkTenThousandTenants(b *testing.B) {
	all := 10_000
	if testing.Short() {
		all = 2000
	}
	for b.Loop() {
		w := newWorld(b)
		ids := make([]tenant.ID, all)
		for i := range ids {
			ids[i] = id(b, fmt.Sprintf("tenant-%05d", i))
		}
		w.addAll(b, ids)
		w.readAtRandom(b, ids)
		w.revokeOne(b, ids[0])
	}
}

func (w world) addAll(b *testing.B, ids []tenant.ID) {
	c := w.control()
	before, err := c.CountIAM(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	began, used := time.Now(), processorTime(b)
	if err := c.AddMany(context.Background(), ids, 16, func(int, int) {}); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	b.ReportMetric((processorTime(b) - used).Seconds(), "cpu-s/add-all") // of both sides: the machine may do other work
	after, err := c.CountIAM(context.Background())
	if err != nil || after != before {
		b.Fatalf("in IAM %+v before, %+v after, %v", before, after, err)
	}
	b.ReportMetric(took.Seconds(), "s/add-all")
	b.ReportMetric(float64(after.Objects), "iam-objects")
	b.ReportMetric(float64(after.Bytes), "iam-bytes")
	began = time.Now()
	if err := c.AddMany(context.Background(), ids, 16, func(int, int) {}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s/add-again")
}

// processorTime is what this process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// countingSTS counts the calls of STS.
type countingSTS struct {
	*sts.Client
	calls atomic.Int64
}

func (c *countingSTS) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, options ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	c.calls.Add(1)
	return c.Client.AssumeRole(ctx, in, options...)
}

const (
	reading = 10 * time.Second
	readers = 16
)

func (w world) readAtRandom(b *testing.B, ids []tenant.ID) {
	client := &countingSTS{Client: sts.NewFromConfig(w.Config(w.RoleCredentials(b, "TrackingServiceRole", "task")))}
	machine, err := tokenvending.New(tokenvending.Config{
		STS: client, RoleARN: w.RoleARN("TrackingAccessRole"), Instance: "bench", Capacity: len(ids) / 10, CallsPerSecond: tokenvending.MaxCallsPerSecond, InFlight: readers,
	})
	if err != nil {
		b.Fatal(err)
	}
	table := dynamodb.NewFromConfig(w.root, func(o *dynamodb.Options) { o.Credentials = machine })
	var done atomic.Int64
	var group errgroup.Group
	end := time.Now().Add(reading)
	for range readers {
		group.Go(func() error {
			for time.Now().Before(end) {
				who := ids[rand.IntN(len(ids))]
				_, err := table.GetItem(tenant.NewContext(context.Background(), who), &dynamodb.GetItemInput{TableName: aws.String(provision.TableName), Key: map[string]types.AttributeValue{
					"TenantID": &types.AttributeValueMemberS{Value: who.String()}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
				}})
				if err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	n, calls := float64(done.Load()), float64(client.calls.Load())
	b.ReportMetric(n/reading.Seconds(), "reads/s")
	b.ReportMetric(100*(n-calls)/n, "%hits")
	b.ReportMetric(calls/reading.Seconds(), "sts-calls/s")
	with := heapInUse()
	runtime.KeepAlive(table)
	table, machine = nil, nil
	b.ReportMetric((with-heapInUse())/(1<<20), "MB-sessions")
}

func heapInUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// revokeOne measures how long it takes from the command until a session that was vended before is refused, and until one holds again.
func (w world) revokeOne(b *testing.B, who tenant.ID) {
	c := w.control()
	old := w.session(who.String())
	began := time.Now()
	var refused atomic.Int64
	var group errgroup.Group
	group.Go(func() error {
		for w.reads(old, who.String()) {
		}
		refused.Store(int64(time.Since(began)))
		return nil
	})
	done, err := c.Revoke(context.Background(), who)
	if err != nil {
		b.Fatal(err)
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(done.TookMS), "ms/revoke-written")
	b.ReportMetric(float64(refused.Load())/1e6, "ms/revoke-refused")
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/revoke-command")
}
