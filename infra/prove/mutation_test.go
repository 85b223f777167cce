package prove

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/mutate"
)

// mustNotice are mistakes that let one tenant read another's rows, or a role read all: for each, an attack has to
// succeed.
var mustNotice = map[string]string{
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: all conditions removed":                                                                 "dynamodb/get-item",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition ForAllValues:StringEquals dynamodb:LeadingKeys removed":                       "dynamodb/query",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition ForAllValues:StringEquals dynamodb:LeadingKeys made ForAnyValue:StringEquals": "dynamodb/batch-get-mixed",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: action dynamodb:PutItem added":                                                          "dynamodb/put-item-own",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: DenyWhatNamesNoKey: Effect Allow":                                                                         "dynamodb/scan",
	"TrackingAccessRole/trust: AssumeUnderTenantsName: all conditions removed":                                                                                  "sts/no-tag",
	"TrackingAccessRole/trust: TagWithTenantOnly: condition ForAllValues:StringEquals aws:TagKeys removed":                                                      "sts/extra-key",
	"TrackingAccessRole/TrackingAccessPolicyOpenSearch: SearchOwnIndex: action es:ESHttpDelete added":                                                           "",
	"TrackingAccessRole/TrackingAccessPolicyS3: DecryptWithOwnKey: all conditions removed":                                                                      "policy/access-decrypt-other",
	"TrackingAccessRole/trust: AssumeUnderTenantsName: condition StringLike sts:RoleSessionName removed":                                                        "sts/name-of-other",
	"TrackingAccessRole/trust: TagWithTenantOnly: condition StringNotLike aws:RequestTag/TenantID: value *_* emptied":                                           "sts/twin-with-underscore",
	"TrackingServiceRole/AssumePolicy: AssumeForATenant: Effect Deny":                                                                                           "",
	"TrackingSeedRole/TrackingSeedPolicy: WriteOwnPartition: all conditions removed":                                                                            "dynamodb/seed-put-item",
	"TrackingAccessRole/boundary: Suspended: removed":                                                                                                           "boundary/suspended-access-role-get-item",
	"TrackingWriteRole/boundary: Revoked4102444800: removed":                                                                                                    "boundary/revoked-write-role-put-object",
	"TrackingSeedRole/boundary: Revoked978307200: condition DateLessThan aws:TokenIssueTime removed":                                                            "",
	"TrackingTenantsRole/TenantRowsPolicy: DeleteRow: condition ForAllValues:StringEquals dynamodb:Attributes removed":                                          "operator/delete-condition",
	"TrackingTenantsRole/TenantRowsPolicy: DeleteRow: condition StringEqualsIfExists dynamodb:ReturnValues removed":                                             "operator/delete-returning",
	"TrackingTenantsRole/TenantRowsPolicy: FindKeysOfRows: condition StringEquals dynamodb:Select removed":                                                      "",
	"TrackingTenantsRole/TenantKeysPolicy: NameAndRemoveTenantsKey: all conditions removed":                                                                     "operator/key-delete-untagged",
	"TrackingTenantsRole/TenantKeysPolicy: TagNewKey: condition Null aws:ResourceTag/TenantID removed":                                                          "operator/key-tag-of-tenant",
	"TrackingTenantsRole/TenantDocumentsPolicy: FindVersions: all conditions removed":                                                                           "operator/versions-of-all",
	"TrackingTenantsRole/TenantRevocationsPolicy: WriteBoundary: action iam:CreatePolicyVersion made iam:*":                                                     "policy/operator-write-boundary-access-as-iam-delete-policy",
}

// workerOf returns a worker with attacks, and the mutants of the hardened set.
func workerOf(t *testing.T, attacks []*Attack) (*worker, []mutate.Mutant) {
	t.Helper()
	all, err := namesOf(t).blocked(roles(t, iam.Hardened))
	if err != nil {
		t.Fatal(err)
	}
	mutants, _, err := mutate.First(all)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorker(t.Context(), namesOf(t), all, attacks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.world.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, mutants
}

func TestMutantsThatOpenAHoleAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	w, mutants := workerOf(t, namesOf(t).Attacks())
	left := maps.Clone(mustNotice)
	for _, m := range mutants {
		attack, must := left[m.Name]
		if !must {
			continue
		}
		delete(left, m.Name)
		found, err := w.run(t.Context(), m, w.attacks, m.Direction)
		if err != nil {
			t.Fatal(err)
		}
		hits := found.going(m.Direction)
		if len(hits) == 0 || attack != "" && !slices.ContainsFunc(hits, func(a *Attack) bool { return a.Name == attack }) {
			t.Errorf("%s is noticed by %d attacks, want %s among them", m.Name, len(hits), attack)
		}
	}
	for name := range left {
		t.Errorf("no mutant is %s", name)
	}
}

const guard = "TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition Null dynamodb:LeadingKeys removed"

func TestGuardBehindAnotherIsMaskedWhereAnAttackNoticesBoth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	for name, tc := range map[string]struct {
		attack string
		want   Outcome
	}{
		"an attack that a key is not named in": {"dynamodb/describe-table", Masked},
		"an attack that names a key":           {"dynamodb/get-item", Unnoticed},
	} {
		var attacks []*Attack
		for _, a := range namesOf(t).Attacks() {
			if a.Name == tc.attack {
				attacks = append(attacks, a)
			}
		}
		w, mutants := workerOf(t, attacks)
		i := slices.IndexFunc(mutants, func(m mutate.Mutant) bool { return m.Name == guard })
		got := &Mutation{Mutant: mutants[i], Outcome: Unnoticed}
		if err := w.behind(t.Context(), got, mutants); err != nil {
			t.Fatal(err)
		}
		if got.Outcome != tc.want || tc.want == Masked && (got.By != tc.attack || got.With == "") {
			t.Errorf("%s: %s by %s with %s, want %s", name, got.Outcome, got.By, got.With, tc.want)
		}
		report := &Report{Policies: iam.Source{Name: "hardened"}, Rows: []Row{{Attack: attacks[0], Verdict: Holds}}, Mutations: []Mutation{*got}}
		if report.Holds() != (tc.want == Masked) {
			t.Errorf("%s: %s", name, report.Summary())
		}
	}
}

func TestAttackThatDoesNotLeaveTheWorldAsItWasIsNamed(t *testing.T) {
	first := true
	once := &Attack{
		Name: "test/once", Layer: IAM, Codes: denied, Attempt: step(request{by: attacker, operation: "ListTables", body: "{}"}),
		Control: func(context.Context, *World) (Answer, error) {
			defer func() { first = false }()
			if first {
				return Answer{Status: 200}, nil
			}
			return Answer{Status: 400, Code: "ResourceInUseException"}, nil
		},
	}
	w, _ := workerOf(t, []*Attack{once})
	if err := (workers{w}).unchanged(t.Context()); err != nil {
		t.Fatalf("the first time it holds: %v", err)
	}
	if err := (workers{w}).unchanged(t.Context()); err == nil || !strings.Contains(err.Error(), "test/once does not leave the world as it was") {
		t.Errorf("the second time: %v", err)
	}
}
