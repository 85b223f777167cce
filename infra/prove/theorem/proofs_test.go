package theorem

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestProofsOfManySetsSayWhatEachSaysAlone holds that what is read once of an ownership file is right for each set: sets that name another
// partition, or a character beyond ASCII, speak of other requests. They are proven at the same time and twice, for the race detector.
func TestProofsOfManySetsSayWhatEachSaysAlone(t *testing.T) {
	owned, err := ReadOwnership([]byte(strings.Replace(secrets, "arn:aws:", "arn:*:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	own := func(more string) string {
		return `{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/TenantID": "${aws:PrincipalTag/TenantID}"}}}` + more
	}
	another := func(resource string) string {
		return `, {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "` + resource + `", "Condition": {"Null": {"aws:TokenIssueTime": "false"}}}`
	}
	sets := [][]Role{}
	for _, statements := range []string{
		own(""), own(another("arn:aws-cn:secretsmanager:cn-north-1:000000000000:secret:x")), own(another("arn:aws:secretsmanager:us-east-1:000000000000:secret:éßøåñ")), own(""),
	} {
		sets = append(sets, setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), statements))
	}
	said := func(found []Finding, err error) string {
		if err != nil {
			t.Error(err)
		}
		var all []string
		for _, f := range found {
			all = append(all, fmt.Sprintln(f.Role, f.Store, f.Verdict, f.Open, f.Refutations))
		}
		return strings.Join(all, "")
	}
	want := make([]string, len(sets))
	for i, set := range sets {
		want[i] = said(Prove("000000000000", set, owned))
	}
	if want[0] == want[1] || want[0] == want[2] || want[0] != want[3] {
		t.Fatalf("the sets do not differ as they should: %q", want)
	}
	for first := range sets {
		proofs := NewProofs("000000000000", owned)
		for next := range sets {
			if i := (first + next) % len(sets); said(proofs.Prove(sets[i])) != want[i] {
				t.Errorf("set %d after %d others, from %d: not what it says alone", i, next, first)
			}
		}
	}
	proofs := NewProofs("000000000000", owned)
	var work sync.WaitGroup
	for i := range 2 * len(sets) {
		work.Go(func() {
			if got := said(proofs.Prove(sets[i%len(sets)])); got != want[i%len(sets)] {
				t.Errorf("set %d: %s\nwant %s", i, got, want[i%len(sets)])
			}
		})
	}
	work.Wait()
}
