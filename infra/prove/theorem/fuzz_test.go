package theorem

import (
	"os"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws"
)

// FuzzReadOwnership holds that no text makes ReadOwnership panic, and that what it takes can be used.
func FuzzReadOwnership(f *testing.F) {
	text, err := os.ReadFile("../../iam/ownership.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	roles := setOf(f, "Service", byCompute, "", "A", strictBy(serviceRole), ownObjects)
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := ReadOwnership(text)
		if err != nil {
			return
		}
		_, _ = Prove(heldAccount, roles, o) // it may be too large: that is an error, and no panic
	})
}

// FuzzProve holds that no documents that parse make Prove panic or take long, and that a verdict says what it is made of.
func FuzzProve(f *testing.F) {
	for _, statements := range []string{ownObjects, byPrefix, ownObjects + `, {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b/${a:b, 'x'}?"}`} {
		f.Add([]byte(`{"Version": "2012-10-17", "Statement": [`+strictBy(serviceRole)+`]}`), []byte(`{"Version": "2012-10-17", "Statement": [`+statements+`]}`))
	}
	f.Fuzz(func(t *testing.T, trust, policy []byte) {
		roles, err := Roles([]localaws.Role{{Name: "A", Trust: trust, Policies: []localaws.PolicyDocument{{Name: "p", Document: policy}}}})
		if err != nil {
			return
		}
		began := time.Now()
		findings, err := Prove(heldAccount, roles, owned(t, ""))
		if err != nil {
			return // too many characters
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %v", took)
		}
		for i := range findings {
			if got := &findings[i]; (got.Verdict == Undecided) && len(got.Open) == 0 || (got.Verdict == Refuted) != (len(got.Refutations) > 0) {
				t.Errorf("%+v", got)
			}
		}
	})
}
