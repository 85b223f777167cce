package opensearch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/opensearch"
	"example.com/shiptrack/tracking-service/internal/search"
)

// enforced is a localaws under the hardened policies, with the indexes of the tenants as provision makes them.
func enforced(t testing.TB, tenants ...tenant.ID) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	if err := provision.Indexes(t.Context(), l.Config(localawstest.Root), l.URL, tenants...); err != nil {
		t.Fatal(err)
	}
	return l
}

func machineOf(t testing.TB, l *localawstest.Local, task, role string) *tokenvending.Machine {
	t.Helper()
	m, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(l.Config(l.RoleCredentials(t, task, "task"))), RoleARN: l.RoleARN(role), Instance: "test", Capacity: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// open returns a store whose sessions the task's role vends, of the other one.
func open(t testing.TB, l *localawstest.Local, task, role string) (*opensearch.Store, *awscalltest.Trail) {
	t.Helper()
	trail := &awscalltest.Trail{}
	store, err := opensearch.New(opensearch.Config{AWS: l.Config(localawstest.Root), Vending: machineOf(t, l, task, role), Endpoint: l.URL, Audit: trail})
	if err != nil {
		t.Fatal(err)
	}
	return store, trail
}

func tenantOf(t testing.TB, text string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// searched are the ids that a search finds, and its first hit.
func searched(t *testing.T, store *opensearch.Store, owner, words, status string) ([]string, search.Page) {
	t.Helper()
	page, err := store.Search(awscalltest.As(t, owner), question(t, words, status), 10, nil)
	if err != nil {
		t.Fatalf("%s searches %q: %v", owner, words, err)
	}
	return idsOf(page), page
}

func TestSearchesOfTwoTenantsUnderEnforcedPolicies(t *testing.T) {
	l := enforced(t, tenantOf(t, "yellow"), tenantOf(t, "blue"))
	seeder, _ := open(t, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	store, trail := open(t, l, "TrackingServiceRole", "TrackingAccessRole")
	for owner, delay := range map[string]time.Duration{"yellow": time.Hour, "blue": 0} {
		if err := seeder.Put(awscalltest.As(t, owner), []search.Entry{entry(t, "1001", delay), entry(t, "of-"+owner, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		owner, words, status string
		want                 []string
	}{
		{"yellow", "ROTTERDAM delayed", "", []string{"1001"}},
		{"blue", "rotterdam delayed", "", []string{}},
		{"blue", "rotterdam maersk", "", []string{"1001", "of-blue"}},
		{"yellow", "nlrtm", "IN_TRANSIT", []string{"1001", "of-yellow"}},
		{"yellow", "nlrtm", "DELIVERED", []string{}},
		{"yellow", "", "", []string{"of-yellow", "1001"}}, // by their ETAs
		{"yellow", "_index:blue-shipments", "", []string{}},
		{"yellow", `* rot* /rott.*/`, "", []string{}},
		{"yellow", "!!!", "", []string{}},
		{"yellow", "booking-of-yellow", "", []string{"of-yellow"}},
	} {
		if got, _ := searched(t, store, tc.owner, tc.words, tc.status); !slices.Equal(got, tc.want) {
			t.Errorf("%s searches %q, %q: %v, want %v", tc.owner, tc.words, tc.status, got, tc.want)
		}
	}
	_, page := searched(t, store, "yellow", "rotterdam", "")
	if hit := page.Hits[0]; hit.Summary != entry(t, hit.ID.String(), time.Duration(hit.DelayMinutes)*time.Minute).Summary || hit.Highlights[search.Places][0] != "<em>Rotterdam</em> NLRTM" {
		t.Errorf("a hit is %+v", hit)
	}
	if got := trail.Last(t); got.Decision != audit.Allow || got.AWSRequestID == "" {
		t.Errorf("audited %+v", got)
	}
}

func TestChangedShipmentIsFoundAsItIs(t *testing.T) {
	l := enforced(t, tenantOf(t, "yellow"))
	seeder, _ := open(t, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	store, _ := open(t, l, "TrackingServiceRole", "TrackingAccessRole")
	for _, tc := range []struct {
		delay time.Duration
		want  []string
	}{{0, []string{}}, {time.Hour, []string{"1001"}}, {-time.Hour, []string{}}} {
		if err := seeder.Put(awscalltest.As(t, "yellow"), []search.Entry{entry(t, "1001", tc.delay)}); err != nil {
			t.Fatal(err)
		}
		if got, _ := searched(t, store, "yellow", "delayed", ""); !slices.Equal(got, tc.want) {
			t.Errorf("%v late: %v, want %v", tc.delay, got, tc.want)
		}
	}
}

func TestRankedPagesFollowEachOther(t *testing.T) {
	l := enforced(t, tenantOf(t, "yellow"))
	seeder, _ := open(t, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	store, _ := open(t, l, "TrackingServiceRole", "TrackingAccessRole")
	var all []search.Entry
	for i := range 9 {
		e := entry(t, "s"+string(rune('a'+i)), time.Duration(i)*time.Hour)
		e.Texts[search.Reference] = append(e.Texts[search.Reference], strings.Repeat("rotterdam ", i%4))
		all = append(all, e)
	}
	if err := seeder.Put(awscalltest.As(t, "yellow"), all); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"", "rotterdam"} {
		whole, _ := searched(t, store, "yellow", words, "")
		var paged []string
		var after *search.Position
		for range 9 {
			page, err := store.Search(awscalltest.As(t, "yellow"), question(t, words, ""), 2, after)
			if err != nil {
				t.Fatal(err)
			}
			paged, after = append(paged, idsOf(page)...), page.Next
			if after == nil {
				break
			}
		}
		if len(whole) != 9 || !slices.Equal(paged, whole) {
			t.Errorf("%q: pages %v, whole %v", words, paged, whole)
		}
	}
}

// Each role does what it is for, and the other cannot do it.
func TestRolesSearchOrWrite(t *testing.T) {
	l := enforced(t, tenantOf(t, "yellow"))
	seeder, _ := open(t, l, "TrackingSeedTaskRole", "TrackingSeedRole")
	reader, trail := open(t, l, "TrackingServiceRole", "TrackingAccessRole")
	writer, _ := open(t, l, "TrackingServiceRole", "TrackingWriteRole")
	entries := []search.Entry{entry(t, "1001", 0)}
	for name, denied := range map[string]func() error{
		"the reading role writes": func() error { return reader.Put(awscalltest.As(t, "yellow"), entries) },
		"the seed's role searches": func() error {
			_, err := seeder.Search(awscalltest.As(t, "yellow"), search.Question{}, 1, nil)
			return err
		},
		"the role of documents searches": func() error {
			_, err := writer.Search(awscalltest.As(t, "yellow"), search.Question{}, 1, nil)
			return err
		},
	} {
		if err := denied(); err == nil || problem.KindOf(err) != problem.Denied {
			t.Errorf("%s: %v, want Denied", name, err)
		}
	}
	if err := seeder.Put(awscalltest.As(t, "yellow"), entries); err != nil {
		t.Errorf("the seed's role writes: %v", err)
	}
	if got, _ := searched(t, reader, "yellow", "rotterdam", ""); !slices.Equal(got, []string{"1001"}) {
		t.Errorf("the reading role finds %v", got)
	}
	if got, _ := searched(t, reader, "green", "rotterdam", ""); len(got) != 0 || trail.Last(t).Decision != audit.Allow {
		t.Errorf("green, which has no index, finds %v, audited %+v", got, trail.Last(t))
	}
}

func TestProbeIsAnsweredAsTheCheckWantsIt(t *testing.T) {
	a, b := tenant.IsolationCheck()
	l := enforced(t, a, b)
	probe, err := opensearch.NewProbe(l.Config(localawstest.Root), machineOf(t, l, "TrackingServiceRole", "TrackingAccessRole"), l.URL)
	if err != nil {
		t.Fatal(err)
	}
	if record, err := probe.Own(t.Context()); err != nil || record.AWSRequestID == "" {
		t.Errorf("%+v: %v", record, err)
	}
	for _, other := range []func(context.Context) (audit.Record, error){probe.Other, probe.PutOther} {
		record, err := other(t.Context())
		localawstest.WantFailure(t, err, "AccessDeniedException", 403)
		if record.AWSRequestID == "" {
			t.Errorf("audited without AWS's id: %+v", record)
		}
	}
}
