package prove_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/caller"
	"example.com/shiptrack/infra/prove/caller/callertest"
)

func namesOf(t *testing.T) prove.Names {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	read, err := prove.ReadNames(file)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

const stranger = "123456789012"

// rehearse carries out the run of the policy called name, or of another policy of its caller.
func rehearse(t *testing.T, name, policy string, attacks []*prove.Attack, called func(prove.CalledOnce)) ([]prove.Row, error) {
	t.Helper()
	source, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	r := prove.Rehearsal{Names: namesOf(t), Account: stranger, Region: "eu-west-1", Policies: source, Existing: name == "existing", Attacks: attacks, Policy: policy, Called: called}
	return r.CarryOut(t.Context())
}

func callerPolicy(t *testing.T, name string) string {
	t.Helper()
	text, err := caller.Policy(name, localaws.Values{Region: "eu-west-1", Account: stranger, Bucket: "shiptrack-" + stranger})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestCallerOfARunNeedsItsPolicyAndNoMore: under exactly the policy every attack holds, and the run asks for each of its actions.
func TestCallerOfARunNeedsItsPolicyAndNoMore(t *testing.T) {
	for _, name := range []string{"run", "existing"} {
		t.Run(name, func(t *testing.T) {
			policy, used := callerPolicy(t, name), map[string]bool{}
			rows, err := rehearse(t, name, policy, namesOf(t).OnAWS(), func(c prove.CalledOnce) {
				if c.By == "" && !c.Denied {
					used[c.Action] = true
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) < 200 {
				t.Errorf("%d attacks", len(rows))
			}
			for i := range rows {
				if r := &rows[i]; r.Verdict != prove.Holds {
					t.Errorf("%s: %s: %v, %s %s, control %s %s", r.Attack.Name, r.Verdict, r.Err, r.Attempt.Code, r.Attempt.Message, r.Control.Code, r.Control.Message)
				}
			}
			if name == "run" { // what removes a run that was killed needs no other policy
				source, err := iam.Embedded(iam.Hardened)
				if err != nil {
					t.Fatal(err)
				}
				found, err := prove.Rehearsal{Names: namesOf(t), Account: stranger, Region: "eu-west-1", Policies: source, Policy: policy, Called: func(c prove.CalledOnce) {
					used[c.Action] = true
				}}.Clean(t.Context())
				if err != nil || len(found.Removed) < 15 || len(found.Left) > 0 {
					t.Errorf("clean: %+v, %v", found, err)
				}
			}
			for _, action := range callertest.Actions(t, policy) {
				sid, plain, _ := strings.Cut(action, " ")
				// The services are not part of a rehearsal, nor is a run that was killed before it could tag its bucket.
				if !used[plain] && sid != "DocumentsOfTheServices" && sid != "BucketWithoutATag" {
					t.Errorf("%s is not needed", action)
				}
			}
		})
	}
}

// TestCallerWithoutOneActionIsDenied: each action of the policy for what is there is needed, so that none is in it for nothing.
func TestCallerWithoutOneActionIsDenied(t *testing.T) {
	policy := callerPolicy(t, "existing")
	one := slices.DeleteFunc(namesOf(t).Attacks(), func(a *prove.Attack) bool { return a.Name != "s3/get-object" })
	if _, err := rehearse(t, "existing", policy, one, nil); err != nil {
		t.Fatal("control: ", err)
	}
	for _, action := range callertest.Actions(t, policy) {
		t.Run(action, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			source, err := iam.Embedded(iam.Hardened)
			if err != nil {
				t.Fatal(err)
			}
			denied := false
			_, plain, _ := strings.Cut(action, " ")
			_, err = prove.Rehearsal{Names: namesOf(t), Account: stranger, Region: "eu-west-1", Policies: source, Existing: true, Attacks: one, Policy: callertest.Without(t, policy, action), Called: func(c prove.CalledOnce) {
				if c.By == "" && c.Denied && c.Action == plain {
					denied = true
					cancel() // else a run waits until IAM may have caught up
				}
			}}.CarryOut(ctx)
			if err == nil || !denied {
				t.Errorf("without %s: %v; want it denied", action, err)
			}
		})
	}
}
