package opensearch_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	client "example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/search"
)

// BenchmarkTenants searches for two tenants in turn, each under its own scoped session, and for one tenant under one session that never
// changes (see awscalltest.CostOfTenants).
func BenchmarkTenants(b *testing.B) {
	l := enforced(b, tenantOf(b, "yellow"), tenantOf(b, "blue"))
	seeder, _ := open(b, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	for _, owner := range []string{"yellow", "blue"} {
		if err := seeder.Put(awscalltest.As(b, owner), []search.Entry{entry(b, "1001", time.Hour), entry(b, "of-"+owner, 0)}); err != nil {
			b.Fatal(err)
		}
	}
	vending := machineOf(b, l, "TrackingServiceRole", "TrackingAccessRole")
	one, err := vending.Retrieve(awscalltest.As(b, "yellow"))
	if err != nil {
		b.Fatal(err)
	}
	scoped, static := reader(l, vending), reader(l, aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(one.AccessKeyID, one.SecretAccessKey, one.SessionToken)))
	find := func(c client.Client, owner string) {
		if _, err := c.Do(awscalltest.As(b, owner), http.MethodGet, owner+"-shipments/_search", []byte(`{"query":{"match":{"places":"rotterdam"}},"highlight":{"fields":{"places":{}}}}`)); err != nil {
			b.Fatal(err)
		}
	}
	awscalltest.CostOfTenants(b, func(i int) { find(scoped, []string{"yellow", "blue"}[i%2]) }, func(int) { find(static, "yellow") })
}

func reader(l *localawstest.Local, from aws.CredentialsProvider) client.Client {
	return client.Client{Endpoint: l.URL, Region: l.Region, Credentials: from}
}
