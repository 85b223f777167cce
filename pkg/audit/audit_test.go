package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/requestid"
	"example.com/shiptrack/pkg/tenant"
)

// newTrail returns a Trail of requests that are all ana's.
func newTrail(t *testing.T) (*audit.Trail, *prometheus.Registry, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	registry := prometheus.NewRegistry()
	trail, err := audit.New(audit.Config{
		Logger: slog.New(slog.NewJSONHandler(&b, nil)), Registry: registry,
		Subject: func(context.Context) string { return "ana" }, Tier: func(tenant.ID) string { return "standard" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return trail, registry, &b
}

func TestAnAuditRecordJoinsTheSubjectToTheCallToAWS(t *testing.T) {
	trail, _, b := newTrail(t)
	id, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	ctx := requestid.NewContext(tenant.NewContext(t.Context(), id), "req-1", "theirs-1")
	trail.Record(ctx, audit.Record{
		Action: "dynamodb:GetItem", Resource: "table/TrackingData", AWSRequestID: "AWS1",
		Session: "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@a", Decision: audit.Deny, Reason: "AccessDeniedException",
	})
	var got map[string]string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{
		"log": "audit", "kind": "access", "level": "ERROR", "decision": "deny", "tenant": "yellow", "subject": "ana", "request_id": "req-1", "caller_request_id": "theirs-1",
		"action": "dynamodb:GetItem", "resource": "table/TrackingData", "aws_request_id": "AWS1", "reason": "AccessDeniedException",
		"session": "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@a",
	} {
		if got[k] != want {
			t.Errorf("%s = %q, want %q", k, got[k], want)
		}
	}
}

func TestOnlyDenialsAreCounted(t *testing.T) {
	trail, registry, _ := newTrail(t)
	count := func() string {
		t.Helper()
		var b strings.Builder
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "shiptrack_denials_total" {
				fmt.Fprint(&b, f.GetMetric()[0].GetCounter().GetValue())
			}
		}
		return b.String()
	}
	for _, d := range []audit.Decision{audit.Allow, audit.Failed} {
		trail.Record(t.Context(), audit.Record{Decision: d})
	}
	if got := count(); got != "0" {
		t.Errorf("shiptrack_denials_total = %q before a denial, want 0", got)
	}
	trail.Record(t.Context(), audit.Record{Decision: audit.Deny})
	if got := count(); got != "1" {
		t.Errorf("shiptrack_denials_total = %q after a denial, want 1", got)
	}
}

// TestAChecksDenialIsNoAlarm: the isolation check asks for what AWS must refuse. What it should not have been allowed is one.
func TestAChecksDenialIsNoAlarm(t *testing.T) {
	for _, tc := range []struct {
		record audit.Record
		level  string
		counts float64
	}{
		{audit.Record{Check: "other-key", Decision: audit.Deny}, "INFO", 0},
		{audit.Record{Decision: audit.Deny}, "ERROR", 1}, // the control
		{audit.Record{Check: "own-key", Decision: audit.Allow}, "INFO", 0},
		{audit.Record{Check: "own-key", Decision: audit.Deny, Reason: "it is due an answer"}, "WARN", 0},
		{audit.Record{Check: "own-key", Decision: audit.Failed, Reason: "timeout"}, "WARN", 0},
		{audit.Record{Check: "other-key", Decision: audit.Allow, Reason: "it is due a refusal"}, "ERROR", 0},
	} {
		trail, registry, b := newTrail(t)
		trail.Record(t.Context(), tc.record)
		var got struct{ Level, Kind, Check string }
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		kind := "check"
		if tc.record.Check == "" {
			kind = "access"
		}
		if got.Level != tc.level || got.Kind != kind || got.Check != tc.record.Check {
			t.Errorf("%+v is written as %+v, want the level %s and the kind %s", tc.record, got, tc.level, kind)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if n := f.GetMetric()[0].GetCounter().GetValue(); f.GetName() == "shiptrack_denials_total" && n != tc.counts {
				t.Errorf("%+v counts as %v denials, want %v", tc.record, n, tc.counts)
			}
		}
	}
}

func TestTrailNeedsAllOfItsConfig(t *testing.T) {
	if _, err := audit.New(audit.Config{}); err == nil {
		t.Error("an empty Config is accepted")
	}
}

func TestWhatATenantUsesIsCountedByItsTier(t *testing.T) {
	trail, registry, b := newTrail(t)
	for _, r := range []audit.Record{
		{Tenant: "yellow", Decision: audit.Allow, Units: 0.5},
		{Tenant: "blue", Decision: audit.Allow, Units: 2},
		{Tenant: "blue", Decision: audit.Deny},
		{Tenant: "check.a", Check: "own-key", Decision: audit.Allow, Units: 1}, // nobody's
		{Decision: audit.Failed},
	} {
		trail.Record(t.Context(), r)
	}
	want := `
		# HELP shiptrack_tenant_aws_calls_total Calls of AWS in a tenant's name, by the tenant's tier and how they ended.
		# TYPE shiptrack_tenant_aws_calls_total counter
		shiptrack_tenant_aws_calls_total{decision="allow",tier="standard"} 2
		shiptrack_tenant_aws_calls_total{decision="deny",tier="standard"} 1
		shiptrack_tenant_aws_calls_total{decision="error",tier="none"} 1
		# HELP shiptrack_tenant_capacity_units_total DynamoDB's capacity units that its answers named, by the tenant's tier.
		# TYPE shiptrack_tenant_capacity_units_total counter
		shiptrack_tenant_capacity_units_total{tier="standard"} 2.5
	`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "shiptrack_tenant_aws_calls_total", "shiptrack_tenant_capacity_units_total"); err != nil {
		t.Error(err)
	}
	if n := strings.Count(b.String(), `"capacity_units"`); n != 3 {
		t.Errorf("%d records name capacity units, want the 3 that have some:\n%s", n, b)
	}
}

func TestRequestsAreAKindOfTheirOwn(t *testing.T) {
	var b bytes.Buffer
	audit.Requests(slog.New(slog.NewJSONHandler(&b, nil))).Info("request")
	if !strings.Contains(b.String(), `"log":"audit","kind":"request"`) {
		t.Errorf("got %s", &b)
	}
}
