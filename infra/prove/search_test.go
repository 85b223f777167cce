package prove

import (
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

func ignore(_, _ int) {}

func TestRandomRequestsFindNoOtherTenantsRow(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	s, err := SearchFor(t.Context(), namesOf(t), roles(t, iam.Hardened), 1, 2000, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Leaks) > 0 {
		t.Errorf("counterexamples: %s", strings.Join(s.Leaks, "\n"))
	}
	if s.Requests != 2000 || s.Answered*100 < s.Requests*15 {
		t.Errorf("%d of %d requests were answered, want 15 %% or more: a search whose requests are all refused shows nothing", s.Answered, s.Requests)
	}
	again, err := SearchFor(t.Context(), namesOf(t), roles(t, iam.Hardened), 1, 2000, ignore)
	if err != nil || again.Answered != s.Answered {
		t.Errorf("the same seed: %d answered, %v; want %d", again.Answered, err, s.Answered)
	}
}

// TestRandomRequestsFindWhatAPolicyLetsThrough: reads, writes, and what tells no more than that a row is there.
func TestRandomRequestsFindWhatAPolicyLetsThrough(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	for name, tc := range map[string]struct {
		role, statement, want string
		requests              int
	}{
		"reads of another partition":  {"TrackingAccessRole", `"Action":"dynamodb:GetItem","Resource":"*"`, "the answer tells a row of", 4000},
		"writes to another partition": {"TrackingSeedRole", `"Action":"dynamodb:PutItem","Resource":"*"`, "other tenants' rows are not what they were", 1000},
		"whether a row is there":      {"TrackingAccessRole", `"Action":"dynamodb:ConditionCheckItem","Resource":"*"`, "the answer depends on other tenants' rows", 9000},
		"documents of others":         {"TrackingAccessRole", `"Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"`, "row", 2000},
		"whether a document is there": {"TrackingAccessRole", `"Action":"s3:GetObject","Resource":"*"`, "the answer depends on other tenants' rows", 2000},
		"writes to another prefix":    {"TrackingWriteRole", `"Action":"s3:PutObject","Resource":"*"`, "other tenants' rows are not what they were", 2000},
		"searches of others":          {"TrackingAccessRole", `"Action":"es:ESHttpGet","Resource":"*"`, "the answer tells a row of", 2000},
		"writes to another index":     {"TrackingSeedRole", `"Action":"es:ESHttpPut","Resource":"*"`, "the answer depends on other tenants' rows", 6000},
		"nothing":                     {"TrackingAccessRole", `"Action":"ec2:*","Resource":"*"`, "", 1000},
	} {
		all := roles(t, iam.Hardened)
		i := slices.IndexFunc(all, func(r localaws.Role) bool { return r.Name == tc.role })
		all[i].Policies = append(all[i].Policies, localaws.PolicyDocument{Name: "Planted", Document: []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + tc.statement + `}}`)})
		s, err := SearchFor(t.Context(), namesOf(t), all, 1, tc.requests, ignore)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(s.Leaks, "\n")
		if !strings.Contains(said, tc.want) || tc.want == "" && said != "" {
			t.Errorf("%s: %q, want %q", name, said, tc.want)
		}
		if request, _, _ := strings.Cut(said, ": "+tc.want); tc.want != "" && len(request) > 250 {
			t.Errorf("%s: not the smallest request: %s", name, request)
		}
	}
}
