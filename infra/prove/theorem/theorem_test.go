package theorem

import (
	"bytes"
	"maps"
	"os"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

var values = localaws.Values{Region: "us-east-1", Account: "000000000000", Bucket: "shiptrack"}

func ownership(t testing.TB) *Ownership {
	t.Helper()
	text, err := os.ReadFile("../../iam/ownership.json")
	if err != nil {
		t.Fatal(err)
	}
	filled, err := values.Fill("ownership.json", string(text))
	if err != nil {
		t.Fatal(err)
	}
	o, err := ReadOwnership([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func rolesOf(t testing.TB, set iam.Set) []Role {
	t.Helper()
	loaded, err := iam.Load(set, values)
	if err != nil {
		t.Fatal(err)
	}
	roles, err := Roles(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

// verdicts are those of findings by role and store, without Nothing.
func verdicts(findings []Finding) map[string]Verdict {
	all := map[string]Verdict{}
	for _, f := range findings {
		if f.Verdict != Nothing {
			all[f.Role+" "+f.Store] = f.Verdict
		}
	}
	return all
}

func TestVerdictsOnOurPolicies(t *testing.T) {
	for set, want := range map[iam.Set]map[string]Verdict{
		iam.Hardened: {
			"TrackingAccessRole DynamoDB": Proven, "TrackingAccessRole OpenSearch": Proven, "TrackingAccessRole S3": Proven, "TrackingAccessRole KMS": Proven,
			"TrackingWriteRole S3": Proven, "TrackingWriteRole KMS": Proven,
			"TrackingSeedRole DynamoDB": Proven, "TrackingSeedRole OpenSearch": Proven, "TrackingSeedRole S3": Proven, "TrackingSeedRole KMS": Proven,
			"TrackingTenantsRole DynamoDB": Administrative, "TrackingTenantsRole OpenSearch": Administrative, "TrackingTenantsRole S3": Administrative,
			"TrackingTenantsRole KMS": Administrative, "TrackingTenantsRole unknown": Administrative, // a key is made, and IAM counted, on "*"
		},
		// What the article's text lets through: an index by the beginning of its name, and tenants' ids with a slash.
		iam.Article: {
			"TrackingAccessRole DynamoDB": Proven, "TrackingAccessRole OpenSearch": Refuted, "TrackingAccessRole S3": Refuted, "TrackingAccessRole KMS": Proven,
			"TrackingWriteRole S3": Refuted, "TrackingWriteRole KMS": Proven,
		},
	} {
		findings, err := Prove(values.Account, rolesOf(t, set), ownership(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := verdicts(findings); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", set, got, want)
		}
	}
}

func BenchmarkProve(b *testing.B) {
	roles, owned := rolesOf(b, iam.Hardened), ownership(b)
	for b.Loop() {
		if _, err := Prove(values.Account, roles, owned); err != nil {
			b.Fatal(err)
		}
	}
}

// TestHoleThatNoAttackNames: attacks use fixed names of indexes, and this one is none of them.
func TestHoleThatNoAttackNames(t *testing.T) {
	const index = `{"Version":"2012-10-17","Statement":[{"Sid":"Added","Effect":"Allow","Action":"dynamodb:Query","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData/index/ByCarrier"}]}`
	for name, undenied := range map[string]bool{"beside the Deny of indexes": false, "without it": true} {
		loaded, err := iam.Load(iam.Hardened, values)
		if err != nil {
			t.Fatal(err)
		}
		for i := range loaded {
			if r := &loaded[i]; r.Name == "TrackingAccessRole" {
				r.Policies = append(r.Policies, localaws.PolicyDocument{Name: "Added", Document: []byte(index)})
				for j := range r.Policies {
					if undenied {
						r.Policies[j].Document = bytes.ReplaceAll(r.Policies[j].Document, []byte("/index/*"), []byte("/index/None"))
					}
				}
			}
		}
		roles, err := Roles(loaded)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := Prove(values.Account, roles, ownership(t))
		if err != nil {
			t.Fatal(err)
		}
		want := Proven
		if undenied {
			want = Refuted
		}
		if got := verdicts(findings)["TrackingAccessRole DynamoDB"]; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
