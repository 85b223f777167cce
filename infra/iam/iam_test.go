package iam

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
)

var values = localaws.Values{Region: "eu-west-1", Account: "123456789012", Bucket: "shiptrack-data"}

func TestEverySetLoadsWithEveryPlaceholderReplaced(t *testing.T) {
	want := map[Set][]string{
		Hardened: {"TrackingSeedTaskRole", "TrackingSeedRole", "TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole", "TrackingTenantsRole"},
		Article:  {"TrackingServiceRole", "TrackingAccessRole", "TrackingWriteRole"},
	}
	for set, wantNames := range want {
		roles, err := Load(set, values)
		if err != nil {
			t.Fatalf("Load(%s): %v", set, err)
		}
		var names []string
		for _, role := range roles {
			names = append(names, role.Name)
			documents := []localaws.PolicyDocument{{Name: "trust", Document: role.Trust}}
			if role.Boundary != nil {
				documents = append(documents, localaws.PolicyDocument{Name: "boundary", Document: role.Boundary})
			}
			for _, p := range append(documents, role.Policies...) {
				if !json.Valid(p.Document) || strings.ContainsAny(string(p.Document), "<>") {
					t.Errorf("%s %s/%s is not a filled document: %s", set, role.Name, p.Name, p.Document)
				}
			}
		}
		slices.Sort(names)
		slices.Sort(wantNames)
		if !slices.Equal(names, wantNames) {
			t.Errorf("Load(%s) has roles %v, want %v", set, names, wantNames)
		}
	}
}

func TestRoleComesAfterTheRolesThatItsTrustPolicyNames(t *testing.T) {
	roles, err := Load(Hardened, values)
	if err != nil {
		t.Fatal(err)
	}
	index := func(name string) int {
		return slices.IndexFunc(roles, func(r localaws.Role) bool { return r.Name == name })
	}
	for _, pair := range [][2]string{
		{"TrackingServiceRole", "TrackingAccessRole"}, {"TrackingServiceRole", "TrackingWriteRole"}, {"TrackingSeedTaskRole", "TrackingSeedRole"},
	} {
		if index(pair[0]) > index(pair[1]) {
			t.Errorf("%s comes after %s", pair[0], pair[1])
		}
	}
}

func TestValuesThatCouldChangeADocumentAreRefused(t *testing.T) {
	for _, bad := range []localaws.Values{
		{Account: values.Account, Bucket: values.Bucket},
		{Region: "*", Account: values.Account, Bucket: values.Bucket},
		{Region: values.Region, Account: `1","x":"`, Bucket: values.Bucket},
		{Region: values.Region, Account: values.Account, Bucket: "b/*"},
	} {
		if _, err := Load(Hardened, bad); err == nil {
			t.Errorf("Load with %+v: no error", bad)
		}
	}
}

func TestUnknownSetIsAnError(t *testing.T) {
	if _, err := Load("softened", values); err == nil {
		t.Error("an unknown set was loaded")
	}
}
