package prove

import (
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/mutate"
	"example.com/shiptrack/infra/prove/theorem"
)

func decide(t *testing.T, set iam.Set) *Theorem {
	t.Helper()
	owned, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	decided, err := Decide(roles(t, set), owned, namesOf(t).Values())
	if err != nil {
		t.Fatal(err)
	}
	return decided
}

func TestTheoremInEveryReport(t *testing.T) {
	hardened, article := decide(t, iam.Hardened), decide(t, iam.Article)
	article.Name = "article"
	hardened.Beside = article
	row := []Row{{Attack: &Attack{Name: "sts/held", Layer: IAM}, Verdict: Holds}}
	report := &Report{Theorem: hardened, Rows: row}
	if f := report.Figures(); !report.Holds() || f.Proven != 10 || f.Refuted+f.Undecided != 0 {
		t.Errorf("hardened: %v, %+v", report.failures(), f)
	}
	var out strings.Builder
	if err := report.Print(&out); err != nil || !strings.Contains(out.String(), "PROVEN (article: REFUTED)") {
		t.Errorf("the table has not both sets: %v\n%s", err, &out)
	}
	report = &Report{Theorem: article, Rows: row}
	if f := report.Figures(); report.Holds() || f.Refuted != 3 || f.Proven != 3 {
		t.Errorf("article: %v, %+v", report.failures(), f)
	}
	for name, write := range map[string]func(*strings.Builder) error{
		"failures": func(b *strings.Builder) error { return report.PrintFailures(b) },
		"Markdown": func(b *strings.Builder) error { return report.Markdown(b) },
		"JUnit":    func(b *strings.Builder) error { return report.JUnit(b) },
	} {
		out.Reset()
		if err := write(&out); err != nil || !strings.Contains(out.String(), "TrackingAccessPolicyOpenSearch.json:4:5 OwnIndexes") {
			t.Errorf("%s does not name the statement: %v\n%s", name, err, &out)
		}
	}
}

func TestRefutationThatLocalawsRefusesFailsTheProof(t *testing.T) {
	article := decide(t, iam.Article)
	article.Replayed = []Replayed{{Refutation: article.Findings[slices.IndexFunc(article.Findings, func(f theorem.Finding) bool { return f.Verdict == theorem.Refuted })].Refutations[0], How: Sent}}
	if failures := strings.Join(article.failures(), "\n"); !strings.Contains(failures, "is not one: localaws refuses") {
		t.Error(failures)
	}
}

// TestMutantsThatNoAttackNotices holds that none is taken for harmless by say-so.
func TestMutantsThatNoAttackNotices(t *testing.T) {
	proof, all := decide(t, iam.Hardened), roles(t, iam.Hardened)
	mutants, _, err := mutate.First(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Outcome{
		"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition ForAllValues:StringEquals dynamodb:LeadingKeys made ForAllValues:StringLike": Equivalent,
		"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition operator Null removed":                                                       Harmless,
		"TrackingAccessRole/trust: AssumeUnderTenantsName: principal arn:aws:iam::000000000000:role/Other added":                                                   Harmless,
		"TrackingServiceRole/AssumePolicy: AssumeForATenant: resource arn:aws:iam::000000000000:role/TrackingAccessRole made *":                                    Unnoticed,
		"TrackingServiceRole/AssumePolicy: AssumeForATenant: action sts:AssumeRole made *":                                                                         Unnoticed,
		"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: all conditions removed":                                                                RefutedByTheorem,
		"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: action dynamodb:PutItem added":                                                         Harmless,
		"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: action dynamodb:GetItem removed":                                                       Unnoticed,
	} {
		i := slices.IndexFunc(mutants, func(m mutate.Mutant) bool { return m.Name == name })
		if i < 0 {
			t.Errorf("no mutant is %s", name)
			continue
		}
		m := &Mutation{Mutant: mutants[i], Outcome: Unnoticed}
		if err := proof.prove(t.Context(), m, all); err != nil || m.Outcome != want || m.Proof == "" {
			t.Errorf("%s: %s (%s), want %s: %v", name, m.Outcome, m.Proof, want, err)
		}
		if replayed := strings.Contains(m.Proof, "(sent to localaws, which allows it)"); replayed != (want == RefutedByTheorem) {
			t.Errorf("%s: its refutation was replayed: %t (%s)", name, replayed, m.Proof)
		}
	}
}

// TestWhatRestsOnAnAssumptionSaysSo holds that a mutant which is harmless under an assumption alone names it, beside one that is not
// even then.
func TestWhatRestsOnAnAssumptionSaysSo(t *testing.T) {
	proof, all := decide(t, iam.Hardened), roles(t, iam.Hardened)
	mutants, _, err := mutate.First(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"resource arn:aws:iam::000000000000:role/TrackingAccessRole made *": "harmless as long as no role outside of the set trusts TrackingServiceRole or its account: it adds sts:AssumeRole *",
		"action sts:AssumeRole made *":                                      undecidedProof,
	} {
		name = "TrackingServiceRole/AssumePolicy: AssumeForATenant: " + name
		i := slices.IndexFunc(mutants, func(m mutate.Mutant) bool { return m.Name == name })
		m := &Mutation{Mutant: mutants[i], Outcome: Unnoticed}
		if err := proof.prove(t.Context(), m, all); err != nil || m.Outcome != Unnoticed || !strings.HasPrefix(m.Proof, want) {
			t.Errorf("%s: %s (%s), want %s: %v", name, m.Outcome, m.Proof, want, err)
		}
	}
}
