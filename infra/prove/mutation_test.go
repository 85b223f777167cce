package prove

import (
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/mutate"
)

// mustNotice are slips by which one tenant gets at another's rows, or a role at any: an attack has to get
// through each.
var mustNotice = map[string]string{
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: all conditions removed":                                                                 "dynamodb/get-item",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition ForAllValues:StringEquals dynamodb:LeadingKeys removed":                       "dynamodb/query",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: condition ForAllValues:StringEquals dynamodb:LeadingKeys made ForAnyValue:StringEquals": "dynamodb/batch-get-mixed",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: ReadOwnPartition: action dynamodb:PutItem added":                                                          "dynamodb/put-item-own",
	"TrackingAccessRole/TrackingAccessPolicyDynamoDB: DenyWhatNamesNoKey: Effect Allow":                                                                         "dynamodb/scan",
	"TrackingAccessRole/trust: AssumeWithTenantTagOnly: all conditions removed":                                                                                 "sts/no-tag",
	"TrackingAccessRole/trust: AssumeWithTenantTagOnly: condition ForAllValues:StringEquals aws:TagKeys removed":                                                "sts/extra-key",
	"TrackingAccessRole/TrackingAccessPolicyOpenSearch: DenyIndexListsAndBulkPaths: removed":                                                                    "opensearch/list",
	"TrackingAccessRole/TrackingAccessPolicyS3: DecryptWithOwnKey: all conditions removed":                                                                      "kms/other-key",
	"TrackingServiceRole/AssumePolicy: AssumeForATenant: Effect Deny":                                                                                           "",
	"TrackingSeedRole/TrackingSeedPolicy: WriteOwnPartition: all conditions removed":                                                                            "dynamodb/seed-put-item",
	"TrackingAccessRole/TrackingAccessPolicyOpenSearch: OwnIndexes: resource arn:aws:es:us-east-1:000000000000:domain/test/${aws:PrincipalTag/TenantID}-*/* made arn:aws:es:us-east-1:000000000000:domain/test/${aws:PrincipalTag/TenantID}*/*": "opensearch/longer-name",
}

func TestMutantsThatOpenAHoleAreNoticed(t *testing.T) {
	mutants, _, err := mutate.First(roles(t, iam.Hardened))
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBench(t.Context(), roles(t, iam.Hardened))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := 0
	for _, m := range mutants {
		attack, must := mustNotice[m.Name]
		if !must {
			continue
		}
		found++
		by, err := b.Notices(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, name := range by {
			got[name] = true
		}
		if attack != "" && !got[attack] || len(by) == 0 {
			t.Errorf("%s is noticed by %v, want %s", m.Name, by, attack)
		}
	}
	if found != len(mustNotice) {
		t.Errorf("%d of the %d mutants are made", found, len(mustNotice))
	}
}
