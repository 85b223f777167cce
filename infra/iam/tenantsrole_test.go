package iam_test

import (
	"io/fs"
	"path"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/policy"
)

// allOf are all permission policies of a role of the hardened set.
func allOf(t *testing.T, role string) policy.Policies {
	t.Helper()
	files, err := iam.Files(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, role+"/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var all policy.Policies
	for _, name := range names {
		if base := path.Base(name); base == "trust.json" || base == "boundary.json" {
			continue
		}
		all.Identity = append(all.Identity, fileOf(t, iam.Hardened, name).Identity...)
	}
	return all
}

// TestBoundaryGrantsNothing: whatever bin/tenants writes into a boundary, a session may do no more than without it.
func TestBoundaryGrantsNothing(t *testing.T) {
	all := allOf(t, "TrackingAccessRole")
	all.Boundary = &policy.Named{Name: "boundary", Policy: mustParse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)}
	own, other := values{tagKey: "yellow", leading: []string{"yellow"}}, values{tagKey: "yellow", leading: []string{"blue"}}
	checkEffect(t, all, &policy.Request{Action: "dynamodb:GetItem", Resource: table, Context: own.context()}, policy.Allow)
	checkEffect(t, all, &policy.Request{Action: "dynamodb:GetItem", Resource: table, Context: other.context()}, policy.ImplicitDeny)
	checkEffect(t, all, &policy.Request{Action: "iam:CreateRole", Resource: "*", Context: own.context()}, policy.ImplicitDeny)
}
