package seed

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

var now = time.Date(2026, 6, 1, 12, 34, 56, 789, time.UTC)

// table is a Putter that keeps what it is given, by tenant and id.
type table map[string]map[string]tracking.Shipment

func (t table) Put(ctx context.Context, shipments []tracking.Shipment) error {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return err
	}
	if t[id.String()] == nil {
		t[id.String()] = map[string]tracking.Shipment{}
	}
	for _, s := range shipments {
		t[id.String()][s.ID.String()] = s
	}
	return nil
}

// tenants are those that the documentation names.
var tenants = []string{"yellow", "blue", "green"}

func seeded(t *testing.T) table {
	t.Helper()
	all := table{}
	var progress strings.Builder
	if err := Run(t.Context(), Files(), Stores{all, cabinet{}, catalogue{}}, now, &progress); err != nil {
		t.Fatal(err)
	}
	for _, name := range tenants {
		if !strings.Contains(progress.String(), "seeded "+name+": ") {
			t.Errorf("progress %q has no line of %s", progress.String(), name)
		}
	}
	return all
}

func TestEachTenantHasTheShipmentsThatTheDemonstrationNames(t *testing.T) {
	all := seeded(t)
	etas := map[time.Time]bool{}
	for _, name := range tenants {
		if len(all[name]) < 12 {
			t.Errorf("%s has %d shipments, want 12 at least", name, len(all[name]))
		}
		eta, err := all[name]["1001"].EstimateArrival()
		if err != nil || !eta.ETA.After(now) {
			t.Errorf("%s's 1001: ETA %v, %v, want one ahead", name, eta.ETA, err)
		}
		etas[eta.ETA] = true
		for id, owner := range map[string]string{"1002": "yellow", "2002": "blue"} {
			if _, has := all[name][id]; has != (name == owner) {
				t.Errorf("%s has %s: %v, want it %s's alone", name, id, has, owner)
			}
		}
	}
	if len(etas) != len(tenants) {
		t.Errorf("1001 has %d different ETAs for %d tenants", len(etas), len(tenants))
	}
}

func TestShipmentsAreInEveryStateAndAddUp(t *testing.T) {
	early, late := 0, 0
	for name, shipments := range seeded(t) {
		states := map[tracking.Status]int{}
		for id, s := range shipments {
			eta, err := s.EstimateArrival()
			if err != nil {
				t.Errorf("%s's %s: %v", name, id, err)
				continue
			}
			states[eta.Status]++
			isAhead := eta.Status == tracking.Planned || eta.Status == tracking.InTransit
			if eta.ETA.After(now) != isAhead {
				t.Errorf("%s's %s is %s and its ETA is %v from now", name, id, eta.Status, eta.ETA.Sub(now))
			}
			if eta.Status == tracking.InTransit && eta.DelayMinutes < 0 {
				early++
			}
			if eta.Status == tracking.InTransit && eta.DelayMinutes > 0 {
				late++
			}
			checkOrder(t, name, s)
		}
		for _, status := range []tracking.Status{tracking.Planned, tracking.InTransit, tracking.AtPort, tracking.Delivered} {
			if states[status] == 0 {
				t.Errorf("%s has no shipment that is %s", name, status)
			}
		}
	}
	if early < 3 || late < 3 {
		t.Errorf("%d shipments are early and %d late, want three of each at least", early, late)
	}
}

// checkOrder asserts that plan and actual times run forwards, and that nothing happened before what precedes it.
func checkOrder(t *testing.T, name string, s tracking.Shipment) {
	t.Helper()
	for i, m := range s.Milestones[1:] {
		before := s.Milestones[i]
		if !m.Planned.After(before.Planned) {
			t.Errorf("%s's %s: milestone %d is planned before the one ahead of it", name, s.ID, i+1)
		}
		if m.Actual != nil && (before.Actual == nil || !m.Actual.After(*before.Actual)) {
			t.Errorf("%s's %s: milestone %d happened before the one ahead of it", name, s.ID, i+1)
		}
	}
}

func TestSeedingAgainWritesTheSame(t *testing.T) {
	all := seeded(t)
	if err := Run(t.Context(), Files(), Stores{all, cabinet{}, catalogue{}}, now.Add(3*time.Second), &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(all, seeded(t)) {
		t.Error("a second run within the minute changed something")
	}
}

const line = `{"shipmentId":"1","carrierBookingReference":"B","carrier":"MAEU","origin":"CNSHA","destination":"DEHAM",` +
	`"milestones":[{"type":"ARRI","location":"DEHAM","planned":"+1h","actual":"-1m"}]}`

func TestAFileMoreIsATenantMore(t *testing.T) {
	all, progress := table{}, strings.Builder{}
	files := fstest.MapFS{"purple.jsonl": {Data: []byte(line + "\n")}, "yellow.jsonl": {Data: []byte(line + "\n")}}
	if err := Run(t.Context(), files, Stores{all, cabinet{}, catalogue{}}, now, &progress); err != nil {
		t.Fatal(err)
	}
	if want := "seeded purple: 1 shipments, 0 documents\nseeded yellow: 1 shipments, 0 documents\n"; progress.String() != want || len(all["purple"]) != 1 {
		t.Errorf("said %q, purple has %v, want %q", progress.String(), all["purple"], want)
	}
}

func TestTenantsArePrintedWithoutWritingAnything(t *testing.T) {
	var out strings.Builder
	if err := PrintTenants(Files(), time.Now(), &out); err != nil || out.String() != "blue\ngreen\nyellow\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if err := PrintTenants(fstest.MapFS{"Not A Tenant.jsonl": {}}, time.Now(), &out); err == nil {
		t.Error("a file that is named after no tenant is accepted")
	}
}

func TestFilesOfTheLongestIDAndOfTwins(t *testing.T) {
	all, longest := table{}, strings.Repeat("t", 63)
	files := fstest.MapFS{longest + ".jsonl": {Data: []byte(line)}, "acme.jsonl": {Data: []byte(line)}, "acme-eu.jsonl": {Data: []byte(line)}, "00.jsonl": {Data: []byte(line)}}
	if err := Run(t.Context(), files, Stores{all, cabinet{}, catalogue{}}, now, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{longest, "acme", "acme-eu", "00"} {
		if len(all[id]) != 1 {
			t.Errorf("%s has %d shipments, want 1", id, len(all[id]))
		}
	}
}

func TestNoFileCanNameAReservedTenant(t *testing.T) {
	all := table{}
	err := Run(t.Context(), fstest.MapFS{"check.a.jsonl": {Data: []byte(line)}}, Stores{all, cabinet{}, catalogue{}}, now, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "check.a.jsonl is not named after a tenant") || len(all) > 0 {
		t.Errorf("Run = %v, written %v, want it refused", err, all)
	}
}

func TestFileThatIsNamedAfterNoTenantIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	all := table{}
	files := fstest.MapFS{"blue.jsonl": {Data: []byte(line)}, "not a tenant.jsonl": {Data: []byte(line)}}
	err := Run(t.Context(), files, Stores{all, cabinet{}, catalogue{}}, now, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "not a tenant.jsonl") || len(all) > 0 {
		t.Errorf("Run = %v, written %v, want the file named and nothing written", err, all)
	}
}

func TestErrorOfTheStoreEndsTheRun(t *testing.T) {
	cause := errors.New("denied")
	var progress strings.Builder
	if err := Run(t.Context(), Files(), Stores{failing{cause}, cabinet{}, catalogue{}}, now, &progress); !errors.Is(err, cause) || progress.Len() > 0 {
		t.Errorf("Run = %v with progress %q, want the store's error and none", err, progress.String())
	}
}

type failing struct{ err error }

func (f failing) Put(context.Context, []tracking.Shipment) error { return f.err }

func TestLineThatIsNotKnownInFullIsRefused(t *testing.T) {
	good := line
	if got, err := parse([]byte(good+"\n"), now); err != nil || len(got.shipments) != 1 || !got.shipments[0].Milestones[0].Planned.Equal(now.Add(time.Hour)) {
		t.Fatalf("the control is refused: %v, %v", got, err)
	}
	replace := func(old, text string) string { return strings.Replace(good, old, text, 1) }
	for name, text := range map[string]string{
		"unknown document":        replace(`"milestones"`, `"documents":["secret.pdf"],"milestones"`),
		"a document twice":        replace(`"milestones"`, `"documents":["bill-of-lading.pdf","bill-of-lading.pdf"],"milestones"`),
		"unknown field":           replace(`"carrier"`, `"colour":"red","carrier"`),
		"unknown milestone field": replace(`"type"`, `"code":"X","type"`),
		"bad id":                  replace(`"1"`, `"-1"`),
		"bad place":               replace("CNSHA", "shanghai"),
		"bad type":                replace("ARRI", "COME"),
		"no sign":                 replace("+1h", "1h"),
		"not a duration":          replace("+1h", "+soon"),
		"no plan":                 replace(`"planned":"+1h",`, ""),
		"happened in the future":  replace("-1m", "+1m"),
		"does not add up":         replace("ARRI", "DEPA"),
		"two on a line":           good + good,
		"the same twice":          good + "\n" + good,
		"an empty line":           good + "\n\n" + good,
		"nothing":                 "",
	} {
		if got, err := parse([]byte(text), now); err == nil {
			t.Errorf("%s: parse = %v, want an error", name, got)
		}
	}
}
