package prove

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
)

// namesOf are those of the project's own policies.
func namesOf(t testing.TB) Names {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadNames(file)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func roles(t testing.TB, set iam.Set) []localaws.Role {
	t.Helper()
	source, err := iam.Embedded(set)
	if err != nil {
		t.Fatal(err)
	}
	all, err := namesOf(t).Load(source)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func carryOut(t testing.TB, all []localaws.Role) []Row {
	t.Helper()
	rows, audit, err := CarryOut(t.Context(), Target{Names: namesOf(t)}, all, withoutServices(t), "", func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(audit.Missing) > 0 || audit.AWS < 2*len(rows)/2 {
		t.Errorf("the decision log accounts for %d requests of %d attacks, and not for %v", audit.AWS, len(rows), audit.Missing)
	}
	return rows
}

func TestEveryAttackOnTheHardenedPoliciesIsDeniedBesideAControlThatIsAllowed(t *testing.T) {
	rows := carryOut(t, roles(t, iam.Hardened))
	names := map[string]bool{}
	for _, r := range rows {
		if r.Verdict != Holds {
			t.Errorf("%s: %s: attempt %d %s %s, control %d %s %s, %v", r.Attack.Name, r.Verdict, r.Attempt.Status, r.Attempt.Code, r.Attempt.Message, r.Control.Status, r.Control.Code, r.Control.Message, r.Err)
		}
		if names[r.Attack.Name] {
			t.Errorf("two attacks are called %s", r.Attack.Name)
		}
		names[r.Attack.Name] = true
		if r.Attack.Layer == IAM && r.Decided == "" {
			t.Errorf("%s: nothing says what denied it", r.Attack.Name)
		}
	}
	t.Logf("%d attacks", len(rows))
}

// TestPlantedHoleFailsTheProofAndNamesTheAttack: the run itself is tested above, on the policies as they are.
func TestPlantedHoleFailsTheProofAndNamesTheAttack(t *testing.T) {
	all := roles(t, iam.Hardened)
	for i, role := range all {
		for j, p := range role.Policies {
			if p.Name == "TrackingAccessPolicyDynamoDB" {
				all[i].Policies[j].Document = bytes.Replace(p.Document, []byte(`"${aws:PrincipalTag/TenantID}"`), []byte(`"${aws:PrincipalTag/TenantID}","blue"`), 1)
			}
		}
	}
	report := &Report{Policies: iam.Source{Name: "planted"}, Rows: carryOut(t, all)}
	if report.Holds() || !strings.Contains(report.Summary(), "dynamodb/get-item (LEAK)") || report.Figures().Leaks < 10 {
		t.Errorf("got %s, %+v, want the leak of dynamodb/get-item among ten or more", report.Summary(), report.Figures())
	}
}

// withoutServices are the attacks that need no binaries; make prove carries out the others.
func withoutServices(t testing.TB) []*Attack {
	return slices.DeleteFunc(namesOf(t).Attacks(), func(a *Attack) bool { return a.services })
}

// articleLets are the attacks that the AWS article's own policies do not deny.
var articleLets = []string{
	"kms/decrypt-own", "opensearch/alias", "opensearch/all-of-own", "opensearch/block", "opensearch/bulk", "opensearch/bulk-get", "opensearch/clone",
	"opensearch/create-index", "opensearch/explain-lookup", "opensearch/list", "opensearch/list-of-own-and-all", "opensearch/longer-name",
	"opensearch/multi-get", "opensearch/multi-search", "opensearch/multi-template", "opensearch/multi-term-vectors", "opensearch/own-put",
	"opensearch/percolate", "opensearch/plus", "opensearch/put-mapping", "opensearch/put-settings", "opensearch/shorter-name", "opensearch/shrink",
	"opensearch/split", "opensearch/twin", "opensearch/twin-named-like-index", "opensearch/validate", "opensearch/wildcard-own",
	"policy/access-decrypt-admin-object", "policy/access-decrypt-direct", "policy/access-decrypt-longer-object", "policy/access-decrypt-no-object",
	"policy/access-decrypt-other-bucket", "policy/access-decrypt-other-object", "policy/access-decrypt-other-service", "policy/access-decrypt-service-case",
	"policy/get-index-list", "policy/get-index-list-encoded", "policy/write-data-key-admin-object", "policy/write-data-key-direct",
	"policy/write-data-key-longer-object", "policy/write-data-key-no-object", "policy/write-data-key-other-bucket", "policy/write-data-key-other-object",
	"policy/write-data-key-other-service", "policy/write-data-key-service-case", "policy/write-put-case", "policy/write-put-dsse",
	"policy/write-put-named-admin", "policy/write-put-no-key", "policy/write-put-star", "policy/write-put-stores-key", "s3/write-put-under-stores",
	"s3/write-put-unencrypted", "sts/extra-key", "sts/extra-key-transitive", "sts/key-in-other-case", "sts/name-behind-another",
	"sts/name-in-other-case", "sts/name-is-tenant-alone", "sts/name-of-longer-twin", "sts/name-of-other", "sts/name-of-shorter-twin", "sts/name-without-tenant",
	"sts/no-tag", "sts/not-transitive", "sts/only-other-transitive", "sts/role-tag", "sts/tag-in-other-case", "sts/transitive-in-other-case",
	"sts/twin-with-at", "sts/twin-with-at-under-name-of-twin", "sts/twin-with-blank-under-name-of-twin", "sts/twin-with-slash-under-name-of-twin",
	"sts/twin-with-underscore", "sts/twin-with-underscore-under-name-of-twin", "sts/write-extra-key", "sts/write-extra-key-transitive",
	"sts/write-key-in-other-case", "sts/write-name-behind-another", "sts/write-name-in-other-case", "sts/write-name-is-tenant-alone",
	"sts/write-name-of-longer-twin", "sts/write-name-of-other", "sts/write-name-of-shorter-twin", "sts/write-name-without-tenant", "sts/write-no-tag",
	"sts/write-not-transitive", "sts/write-only-other-transitive", "sts/write-tag-in-other-case", "sts/write-transitive-in-other-case",
	"sts/write-twin-with-at", "sts/write-twin-with-at-under-name-of-twin", "sts/write-twin-with-blank-under-name-of-twin",
	"sts/write-twin-with-slash-under-name-of-twin", "sts/write-twin-with-underscore", "sts/write-twin-with-underscore-under-name-of-twin",
}

func TestArticlesOwnPoliciesLetThroughWhatTheHardenedOnesDoNot(t *testing.T) {
	var got []string
	for _, r := range carryOut(t, roles(t, iam.Article)) {
		switch r.Verdict {
		case Holds:
		case Leak:
			got = append(got, r.Attack.Name)
		default:
			t.Errorf("%s: %s: %s %s", r.Attack.Name, r.Verdict, r.Attempt.Code, r.Control.Message)
		}
	}
	if !slices.Equal(got, articleLets) {
		t.Errorf("got through: %v\nwant %v", got, articleLets)
	}
}

func TestReports(t *testing.T) {
	report := &Report{Policies: iam.Source{Name: "infra/iam/hardened", SHA256: "0123abcd"}, Target: "embedded", Rows: carryOut(t, roles(t, iam.Hardened)), Mutations: []Mutation{
		{Mutant: mutate.Mutant{Name: "M", Kind: "guard removed"}, Outcome: Masked, By: "an attack", With: "another"},
		{Mutant: mutate.Mutant{Name: "N", Kind: "guard removed"}, Outcome: Equivalent, Proof: "the same"},
	}}
	for name, tc := range map[string]struct {
		write func(io.Writer) error
		want  []string
	}{
		"table":    {report.Print, []string{"guard removed ", "dynamodb/get-item ", "denied", "allowed", "ReadOwnPartition"}},
		"JSON":     {report.JSON, []string{`"attacks": `, `"leaks": 0`, `"mutants": 2`, `"killed": 1`, `"equivalent": 1`}},
		"JUnit":    {report.JUnit, []string{`failures="0"`, `classname="sts" name="no-tag"`, `classname="mutant" name="M"`, `classname="logs"`}},
		"Markdown": {report.Markdown, []string{"| dynamodb/get-item | yellow: GetItem of another's row | holds |", "| `M` | `another`; then an attack |", "| `N` | the same |"}},
	} {
		var out strings.Builder
		if err := tc.write(&out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "table" {
			out.WriteString(report.Summary()) // which stands below it
		}
		tc.want = append(tc.want, "infra/iam/hardened", "0123abcd")
		for _, want := range tc.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s has no %q", name, want)
			}
		}
	}
}

func TestFailuresAreAllThatKeepsTheProofFromHolding(t *testing.T) {
	attack := func(name string) *Attack { return &Attack{Name: name, Layer: IAM} }
	report := &Report{
		Rows:      []Row{{Attack: attack("sts/held"), Verdict: Holds}, {Attack: attack("sts/leaked"), Verdict: Leak}},
		Audit:     Audit{Missing: []string{"the decision log lacks a request"}},
		Mutations: []Mutation{{Mutant: mutate.Mutant{Name: "M"}, Outcome: Unnoticed}, {Mutant: mutate.Mutant{Name: "N"}, Outcome: Noticed}},
		Search:    &Search{Seed: 7, Leaks: []string{"a counterexample"}},
	}
	var out strings.Builder
	if err := report.PrintFailures(&out); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"sts/leaked": true, "the decision log lacks a request": true, "the mutant M is not noticed": true, "a counterexample": true,
		"sts/held": false, "the mutant N": false,
	} {
		if strings.Contains(out.String(), text) != want {
			t.Errorf("%q is shown: want %t, in\n%s", text, want, &out)
		}
	}
}
