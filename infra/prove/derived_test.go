package prove

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

func derive(t *testing.T, all []localaws.Role) []Derived {
	t.Helper()
	derived, err := Derive(t.Context(), all, ownership(t))
	if err != nil {
		t.Fatal(err)
	}
	return derived
}

func TestEachStatementOfTheHardenedPoliciesHasDerivedAttacksThatHold(t *testing.T) {
	statements, layers, names := map[string]bool{}, map[Layer]bool{}, map[string]bool{}
	sent := 0
	for _, d := range derive(t, roles(t, iam.Hardened)) {
		statements[d.Attempt.Session.Role+" "+d.At.Sid], layers[d.Attempt.Layer], names[d.Name] = true, true, true
		if d.Attempt.How == Sent {
			sent++
		}
		if !d.Holds() || d.Control.How != Sent || d.Control.Layer != IAM {
			t.Errorf("%s: attempt %s %t by %s %s %s; control %s %t %s %s", d.Name, d.Attempt.How, d.Attempt.Allowed, d.Attempt.Layer, d.Attempt.Decided, d.Attempt.Why, d.Control.How, d.Control.Allowed, d.Control.Decided, d.Control.Why)
		}
	}
	t.Logf("%d derived attacks, %d of them sent", len(names), sent)
	for _, want := range []string{
		"TrackingAccessRole ReadOwnPartition", "TrackingAccessRole SearchOwnIndex", "TrackingAccessRole ReadOwnPrefix", "TrackingAccessRole ListOwnPrefix",
		"TrackingAccessRole DecryptWithOwnKey", "TrackingWriteRole WriteOwnPrefix", "TrackingWriteRole EncryptWithOwnKey", "TrackingSeedRole WriteOwnPartition",
		"TrackingSeedRole IndexOwnDocuments", "TrackingSeedRole WriteOwnPrefix", "TrackingSeedRole EncryptWithOwnKey",
	} {
		if !statements[want] {
			t.Errorf("no attack is derived from %s", want)
		}
	}
	for _, want := range []string{
		"GetItem: owner blue", "GetItem: owner yellow2", "GetItem: owner yello", "GetItem: dynamodb:Scan", "GetItem: dynamodb:Query /index/any", "GetItem: no tag",
		"ListBucket: no s3:prefix", "Decrypt: no aws:ResourceTag/TenantID", "Decrypt: no kms:viaservice", "Decrypt: kms:encryptioncontext:aws:s3:arn of blue", "PutObject: no s3:x-amz-server-side-encryption",
	} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(name string) bool { return strings.HasSuffix(name, want) }) {
			t.Errorf("no attack is called %s", want)
		}
	}
}

func TestDerivedAttackThatNoFixedOneCoversIsNamed(t *testing.T) {
	planted := fields{"Sid": "Planted", "Effect": "Allow", "Action": "dynamodb:Query", "Resource": namesOf(t).fill(arn) + "/index/*"}
	weak := edited(t, roles(t, iam.Hardened), "DenyIndexes", instead(planted))
	var attempts []Replayed
	for _, d := range derive(t, weak) {
		attempts = append(attempts, d.Attempt)
		if d.Leaks() == d.Holds() {
			t.Errorf("%s: leaks %t, holds %t", d.Name, d.Leaks(), d.Holds())
		}
	}
	by := func(all []Replayed) []string {
		var found []string
		for _, r := range all {
			found = append(found, r.Request.Action+" by "+r.Decided)
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	reads, seeds := "TrackingAccessRole/TrackingAccessPolicyDynamoDB Planted", "TrackingSeedRole/TrackingSeedPolicy Planted"
	if got, want := by(Uncovered(attempts, nil)), []string{"dynamodb:Query by " + reads, "dynamodb:Query by " + seeds}; !slices.Equal(got, want) {
		t.Errorf("uncovered: %v, want %v", got, want)
	}
	rows := []Row{{Verdict: Leak, Decided: reads}, {Verdict: Holds, Decided: seeds}}
	if got, want := by(Uncovered(attempts, rows)), []string{"dynamodb:Query by " + seeds}; !slices.Equal(got, want) {
		t.Errorf("uncovered beside an attack: %v, want %v", got, want)
	}
}

func TestDerivedAttackOnTheArticleFindsTheLongerName(t *testing.T) {
	var leaks []string
	for _, d := range derive(t, roles(t, iam.Article)) {
		if d.Leaks() {
			leaks = append(leaks, d.Name)
		}
	}
	want := []string{"derived/TrackingAccessRole OwnIndexes es:ESHttpGet: owner yellow2", "derived/TrackingAccessRole OwnIndexes es:ESHttpPut: owner yellow2"}
	if !slices.Equal(leaks, want) {
		t.Errorf("leaks: %v, want %v", leaks, want)
	}
}
