package opensearch_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	client "example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/tracking-service/internal/search"
)

// BenchmarkTenants searches for two tenants in turn, each under its own scoped session, and for one tenant under one session that never
// changes. Both take turns, and the median of the turns' ratios counts: 1 means that tenants cost nothing.
func BenchmarkTenants(b *testing.B) {
	const requests, turns = 20, 9
	l := enforced(b, tenantOf(b, "yellow"), tenantOf(b, "blue"))
	seeder, _ := open(b, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	for _, owner := range []string{"yellow", "blue"} {
		if err := seeder.Put(as(b, owner), []search.Entry{entry(b, "1001", time.Hour), entry(b, "of-"+owner, 0)}); err != nil {
			b.Fatal(err)
		}
	}
	vending := machineOf(b, l, "TrackingServiceRole", "TrackingAccessRole")
	one, err := vending.Retrieve(as(b, "yellow"))
	if err != nil {
		b.Fatal(err)
	}
	scoped, static := reader(l, vending), reader(l, aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(one.AccessKeyID, one.SecretAccessKey, one.SessionToken)))
	take := func(c client.Client, owners ...string) float64 {
		began := time.Now()
		for i := range requests {
			owner := owners[i%len(owners)]
			if _, err := c.Do(as(b, owner), http.MethodGet, owner+"-shipments/_search", []byte(`{"query":{"match":{"places":"rotterdam"}},"highlight":{"fields":{"places":{}}}}`)); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began).Seconds()
	}
	take(scoped, "yellow", "blue") // sessions, connections
	take(static, "yellow")
	var ratios, took []float64
	for b.Loop() {
		for range turns {
			took = append(took, take(scoped, "yellow", "blue"))
			ratios = append(ratios, take(static, "yellow")/took[len(took)-1])
		}
	}
	slices.Sort(ratios)
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
	b.ReportMetric(requests/took[len(took)/2], "scoped-req/s")
	b.ReportMetric(ratios[len(ratios)/2], "scoped-over-static")
}

func reader(l *localawstest.Local, from aws.CredentialsProvider) client.Client {
	return client.Client{Endpoint: l.URL, Region: l.Region, Credentials: from}
}
