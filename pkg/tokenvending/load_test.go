package tokenvending_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/tokenvending"
)

// Each tenant asks every two seconds. Sessions are renewed ahead of their end, and no more often than that needs.
func TestConstantLoadCallsSTSAtMostFiveTimesAnHourForEachTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tenants, hours, most = 30, 5, 5
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: tokenvending.MinDuration})
		var contexts []context.Context
		for i := range tenants {
			contexts = append(contexts, as(t, fmt.Sprintf("tenant-%02d", i)))
		}
		for range hours * time.Hour / (2 * time.Second) {
			for _, ctx := range contexts {
				if _, err := machine.Retrieve(ctx); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Second)
		}
		calls := 0
		for i := range tenants {
			calls += fake.callsFor(fmt.Sprintf("tenant-%02d", i))
		}
		perHour := float64(calls) / tenants / hours
		t.Attr("calls-per-tenant-hour", fmt.Sprintf("%.2f", perHour))
		if perHour > most || perHour < 4 { // 4 is what sessions without an overlap need
			t.Errorf("%.2f calls for each tenant and hour, want 4 to %d", perHour, most)
		}
	})
}
