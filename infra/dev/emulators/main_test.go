package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/dev/thirdparty"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func localawsOf(t *testing.T) *instance {
	t.Helper()
	local := localawstest.Start(t)
	return &instance{Running: &thirdparty.Running{URL: local.URL}, service: func(_ context.Context, role string) (aws.Credentials, error) {
		c := local.RoleCredentials(t, role, "task")
		return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
	}}
}

func TestLocalawsAnswersAsAWS(t *testing.T) {
	for _, set := range []iam.Set{iam.Article, iam.Hardened} {
		answers, err := ask(t.Context(), localawsOf(t), set)
		if err != nil {
			t.Fatal(err)
		}
		r := row{set: set, answers: answers}
		for i, q := range questions {
			if !r.asAWS(i) {
				t.Errorf("%s policies, %s: %+v, want %s", set, q.title, answers[i], q.want[set])
			}
		}
	}
}

// Root's session reads everything, and no session is made: what an emulator without IAM answers.
func TestWhatIsNotEnforcedStandsInBold(t *testing.T) {
	i := localawsOf(t)
	i.noSessions = true
	answers, err := ask(t.Context(), i, iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	r := row{set: iam.Hardened, answers: answers}
	for n, want := range []string{"answered", "**answered**", "**answered**", "**no STS, no session**", "**no STS, no session**", "denied (InvalidSignatureException)"} {
		if got := r.cell(n); got != want {
			t.Errorf("%s: %s, want %s", questions[n].title, got, want)
		}
	}
}

func TestADenialCountsBesideItsControlAlone(t *testing.T) {
	answers := func(own, other, untagged string) []answer {
		return []answer{{did: own}, {did: other}, {did: other}, {did: untagged}, {did: untagged}, {did: other}}
	}
	for _, c := range []struct {
		answers []answer
		want    []bool
	}{
		{answers(answered, denied, refused), []bool{true, true, true, true, true, true}},
		{answers(denied, denied, refused), []bool{false, false, false, true, true, false}},
		{answers(noSession, noSession, refused), []bool{false, false, false, false, false, false}},
		{answers("answered without rows", denied, seeing), []bool{false, false, false, false, false, false}},
	} {
		r := row{set: iam.Hardened, answers: c.answers}
		var got []bool
		for i := range questions {
			got = append(got, r.asAWS(i))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.answers, got, c.want)
		}
	}
}

// The page is made by hand (make emulators): it must not stay behind its text, or behind the versions that the program names.
func TestThePageIsWhatTheProgramWrites(t *testing.T) {
	page, err := os.ReadFile("../../docs/EMULATORS.md")
	if err != nil {
		t.Fatal(err)
	}
	made, err := render(nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(string(made), "\n\n") {
		if !strings.HasPrefix(part, "## Tried on") && !strings.HasPrefix(part, "| emulator | policies") && !strings.Contains(string(page), part) {
			t.Errorf("EMULATORS.md lacks what the program writes; run make emulators:\n%s", part)
		}
	}
	for _, e := range emulators {
		for _, set := range []iam.Set{iam.Article, iam.Hardened} {
			if want := "| " + e.Name + " " + e.Version + " | " + string(set) + " |"; !strings.Contains(string(page), want) {
				t.Errorf("EMULATORS.md lacks %q; run make emulators", want)
			}
		}
	}
}
