package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/valyala/fasthttp"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/infra/dev/provision"
)

// The load of BenchmarkTenantsFair. Every tenant may ask for fairLimit requests a second.
const (
	quietTenants = 30
	quietRate    = 20 // requests a second of each
	noisyRate    = 2000
	fairLimit    = 100
	fairBurst    = 25 // at once, and in flight: what a tenant may take from the others in one moment
	fairTurns    = 3
	fairTurn     = 2 * time.Second
)

// BenchmarkTenantsFair measures what one tenant that asks for far more than its share costs the others: their 99th percentile
// beside it, over theirs alone. All ask in open loops: a request is sent when it is due, whatever became of those before, and
// its delay counts from that moment. Turns with and without the noisy tenant alternate, and the median of their ratios counts.
func BenchmarkTenantsFair(b *testing.B) {
	d := startDemo(b, bin, "--limits", fairLimits(b))
	d.await(b)
	names := make([]string, quietTenants+1)
	for i := range names {
		names[i] = fmt.Sprintf("fair-%02d", i)
	}
	d.giveShipment(b, names)
	quiet, noisy := d.openLoop(b, quietRate*quietTenants, names[1:]), d.openLoop(b, noisyRate, names[:1])
	quiet.run(b.Context(), fairTurn/2) // sessions, connections
	var alone, beside, ratios []float64
	for b.Loop() {
		for range fairTurns {
			alone = append(alone, quiet.run(b.Context(), fairTurn))
			var loops sync.WaitGroup
			loops.Go(func() { noisy.run(b.Context(), fairTurn) })
			beside = append(beside, quiet.run(b.Context(), fairTurn))
			loops.Wait()
			ratios = append(ratios, beside[len(beside)-1]/alone[len(alone)-1])
		}
	}
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
	if quiet.failed.Load()+quiet.limited.Load()+noisy.failed.Load() > 0 || noisy.limited.Load() < noisy.answered.Load() {
		b.Logf("no figure: on this machine not all requests within the limits are answered 200, or too few beyond them 429: quiet %s; noisy %s", quiet, noisy)
		return
	}
	b.ReportMetric(median(alone), "alone-p99-ms")
	b.ReportMetric(median(beside), "beside-p99-ms")
	b.ReportMetric(median(ratios), "tenants_fair")
}

func fairLimits(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "limits.json")
	content := fmt.Sprintf(`{"defaultTier": "all", "tiers": {"all": {"rate": %d, "burst": %d, "inFlight": %d}}}`, fairLimit, fairBurst, fairBurst)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// giveShipment gives each tenant yellow's shipment 1001, as root: the tenants have no seed.
func (d *started) giveShipment(b *testing.B, tenants []string) {
	b.Helper()
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:" + d.ports["LOCALAWS_PORT"]),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	key := map[string]types.AttributeValue{"TenantID": text("yellow"), "ShipmentID": text("1001")}
	row, err := client.GetItem(b.Context(), &dynamodb.GetItemInput{TableName: aws.String(provision.TableName), Key: key})
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range tenants {
		row.Item["TenantID"] = text(name)
		if _, err := client.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: aws.String(provision.TableName), Item: row.Item}); err != nil {
			b.Fatal(err)
		}
	}
}

// openLoop sends requests at a rate, of its tenants in turn.
type openLoop struct {
	client   *fasthttp.HostClient
	between  time.Duration
	requests []*fasthttp.Request

	answered, limited, failed atomic.Int64
}

func (d *started) openLoop(b *testing.B, rate int, tenants []string) *openLoop {
	b.Helper()
	addr := "127.0.0.1:" + d.ports["SHIPMENT_PORT"]
	l := &openLoop{between: time.Second / time.Duration(rate), client: &fasthttp.HostClient{
		Addr: addr, MaxConns: 200, NoDefaultUserAgentHeader: true, ReadTimeout: 10 * time.Second, MaxConnWaitTimeout: 10 * time.Second,
	}}
	for _, name := range tenants {
		token, err := devissuer.Fetch(b.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], name, "ana")
		if err != nil {
			b.Fatal(err)
		}
		request := &fasthttp.Request{}
		request.SetRequestURI("http://" + addr + "/shipments/1001/eta")
		request.Header.Set("Authorization", "Bearer "+token)
		l.requests = append(l.requests, request)
	}
	return l
}

func (l *openLoop) String() string {
	return fmt.Sprintf("200 %d times, 429 %d times, otherwise %d times", l.answered.Load(), l.limited.Load(), l.failed.Load())
}

// run sends for as long as given, and returns the 99th percentile of the delays in milliseconds.
func (l *openLoop) run(ctx context.Context, long time.Duration) float64 {
	delays := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for i := 0; time.Duration(i)*l.between < long && ctx.Err() == nil; i++ {
		due := began.Add(time.Duration(i) * l.between)
		time.Sleep(time.Until(due))
		all.Go(func() {
			l.send(l.requests[i%len(l.requests)])
			mu.Lock()
			defer mu.Unlock()
			_ = delays.RecordValue(max(1, time.Since(due).Microseconds())) // below its bound: the client waits 10 s
		})
	}
	all.Wait()
	return float64(delays.ValueAtPercentile(99)) / 1000
}

func (l *openLoop) send(request *fasthttp.Request) {
	answer := fasthttp.AcquireResponse()
	defer fasthttp.ReleaseResponse(answer)
	switch err := l.client.Do(request, answer); {
	case err == nil && answer.StatusCode() == fasthttp.StatusOK:
		l.answered.Add(1)
	case err == nil && answer.StatusCode() == fasthttp.StatusTooManyRequests:
		l.limited.Add(1)
	default:
		l.failed.Add(1)
	}
}
