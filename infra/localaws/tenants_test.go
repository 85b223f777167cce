package localaws_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestFirstTenantsValueNeverAnswersForTheSecond is the fault of evaluators that keep the first value in a
// parsed policy: two sessions in turn, each way round.
func TestFirstTenantsValueNeverAnswersForTheSecond(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	clients := map[string]*dynamodb.Client{}
	for _, tenant := range []string{"yellow", "blue"} {
		clients[tenant] = dynamodb.NewFromConfig(l.Config(sessionOf(t, l, tenant)))
	}
	for range 3 {
		for tenant, client := range clients {
			for of := range clients {
				note, err := getItem(t, client, of)
				if of == tenant {
					if err != nil || note != "of "+tenant {
						t.Errorf("%s reads its own: %q, %v", tenant, note, err)
					}
					continue
				}
				localawstest.WantFailure(t, err, "AccessDeniedException", 400)
			}
		}
	}
}

func TestManyTenantsAtOnceStayApart(t *testing.T) {
	const count = 24
	tenants := make([]string, count)
	for i := range tenants {
		tenants[i] = fmt.Sprintf("tenant%02d", i)
	}
	l := startNotes(t, tenants...)
	var wait sync.WaitGroup
	for i, tenant := range tenants {
		client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, tenant)))
		wait.Go(func() {
			for n := range 8 {
				if note, err := getItem(t, client, tenant); err != nil || note != "of "+tenant {
					t.Errorf("%s reads its own: %q, %v", tenant, note, err)
				}
				note, err := getItem(t, client, tenants[(i+n+1)%count])
				if code, _ := localawstest.Failure(err); code != "AccessDeniedException" {
					t.Errorf("%s reads another's: %q, %v", tenant, note, err)
				}
			}
		})
	}
	wait.Wait()
}

// TestTenantWhoseNameIsAPrefixStaysApart: yellow and yellow2, both ways.
func TestTenantWhoseNameIsAPrefixStaysApart(t *testing.T) {
	l := startNotes(t, "yellow", "yellow2")
	for tenant, other := range map[string]string{"yellow": "yellow2", "yellow2": "yellow"} {
		client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, tenant)))
		if _, err := getItem(t, client, tenant); err != nil {
			t.Error(err)
		}
		_, err := getItem(t, client, other)
		localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	}
}
