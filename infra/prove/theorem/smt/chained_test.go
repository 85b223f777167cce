package smt

import (
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/theorem"
)

// TestCertificatesOfSessionsThatGetSessions has the set that solvers are asked about too: see .ci/certificates.
func TestCertificatesOfSessionsThatGetSessions(t *testing.T) {
	source, err := iam.Open("testdata/sts", ".")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := source.Load(account)
	if err != nil {
		t.Fatal(err)
	}
	roles, err := theorem.Roles(loaded)
	if err != nil {
		t.Fatal(err)
	}
	files := written(t, roles, ownership(t))
	for name, want := range map[string]string{
		"Loose.STS.Held": "unsat", "Loose.STS.Denied": "unsat", "Kept.STS.Any": "unsat", "Kept.STS.Longer": "unsat", "Kept.STS.OfAccount": "unsat",
		"Loose.STS.Any": "sat", "Loose.STS.Longer": "sat", "Loose.STS.OfAccount": "sat",
	} {
		if text := files[name+".smt2"]; !strings.Contains(text, "(set-info :status "+want+")\n") || !strings.Contains(text, "(assert (not (= u t)))\n") {
			t.Errorf("%s is not expected to be %s:\n%s", name, want, text)
		}
	}
	owned := ownership(t)
	owned.Administrative = map[string]string{"Any": "it is said to be"}
	for name := range written(t, roles, owned) {
		if strings.Contains(name, "STS.Any") {
			t.Errorf("%s: what leads to an administrative role is not about tenants", name)
		}
	}
}
