package iam_test

import (
	"io/fs"
	"path"
	"strings"
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

// TestTenantsRole attacks the role of bin/tenants, each attempt beside the request that it is there for: it makes and removes what a tenant
// has, and can neither read it nor give itself or a session more.
func TestTenantsRole(t *testing.T) {
	const (
		boundary = "arn:aws:iam::000000000000:policy/TrackingAccessRoleBoundary"
		alias    = "arn:aws:kms:us-east-1:000000000000:alias/shiptrack-0123"
		tag      = "aws:ResourceTag/TenantID"
		selected = "dynamodb:Select"
		named    = "dynamodb:Attributes"
		returned = "dynamodb:ReturnValues"
	)
	tagged := values{"aws:RequestTag/TenantID": "acme", "aws:TagKeys": []string{"TenantID"}}
	keysOnly := values{leading: []string{"acme"}, selected: "SPECIFIC_ATTRIBUTES", named: []string{"TenantID", "ShipmentID"}}
	registry := values{leading: []string{"@tenants"}}
	yes, no, never := policy.Allow, policy.ImplicitDeny, policy.ExplicitDeny
	all := allOf(t, "TrackingTenantsRole")
	for _, test := range []struct {
		name, action, resource string
		request                values
		want                   policy.Effect
	}{
		{"makes a key with the tag", "kms:CreateKey", "*", tagged, yes},
		{"makes a key without", "kms:CreateKey", "*", nil, no},
		{"makes a key with an empty tag", "kms:CreateKey", "*", values{"aws:RequestTag/TenantID": "", "aws:TagKeys": []string{"TenantID"}}, no},
		{"makes a key with another tag beside", "kms:CreateKey", "*", values{"aws:RequestTag/TenantID": "acme", "aws:TagKeys": []string{"TenantID", "Team"}}, no},
		{"tags the new key", "kms:TagResource", "*", tagged, yes},
		{"gives a tenant's key to another", "kms:TagResource", key, values{"aws:RequestTag/TenantID": "blue", "aws:TagKeys": []string{"TenantID"}, tag: "acme"}, no},
		{"takes the tag off", "kms:UntagResource", key, values{tag: "acme"}, no},
		{"schedules a tenant's key", "kms:ScheduleKeyDeletion", key, values{tag: "acme"}, yes},
		{"schedules a key that is no tenant's", "kms:ScheduleKeyDeletion", key, nil, no},
		{"names a tenant's key", "kms:CreateAlias", key, values{tag: "acme"}, yes},
		{"names a key that is no tenant's", "kms:CreateAlias", key, nil, no},
		{"with a name of Shiptrack's", "kms:CreateAlias", alias, nil, yes},
		{"with another name", "kms:CreateAlias", "arn:aws:kms:us-east-1:000000000000:alias/billing", nil, no},
		{"moves a name", "kms:UpdateAlias", alias, nil, no},
		{"decrypts", "kms:Decrypt", key, values{tag: "acme", "kms:ViaService": viaS3}, no},
		{"encrypts", "kms:GenerateDataKey", key, values{tag: "acme"}, no},
		{"writes a key's policy", "kms:PutKeyPolicy", key, values{tag: "acme"}, no},

		{"finds the keys of rows", "dynamodb:Query", table, keysOnly, yes},
		{"reads rows", "dynamodb:Query", table, values{leading: []string{"acme"}, selected: "ALL_ATTRIBUTES"}, no},
		{"reads an attribute", "dynamodb:Query", table, values{leading: []string{"acme"}, selected: "SPECIFIC_ATTRIBUTES", named: []string{"TenantID", "ETA"}}, no},
		{"reads without saying what", "dynamodb:Query", table, values{leading: []string{"acme"}}, no},
		{"reads a row", "dynamodb:GetItem", table, values{leading: []string{"acme"}}, no},
		{"writes a row", "dynamodb:PutItem", table, values{leading: []string{"acme"}}, no},
		{"scans", "dynamodb:Scan", table, nil, no},
		{"deletes a row", "dynamodb:DeleteItem", table, values{leading: []string{"acme"}}, yes},
		{"reads a row by deleting it", "dynamodb:DeleteItem", table, values{leading: []string{"acme"}, returned: "ALL_OLD"}, no},
		{"deletes the table", "dynamodb:DeleteTable", table, nil, no},
		{"reads the registry", "dynamodb:Query", table, registry, yes},
		{"writes the registry", "dynamodb:PutItem", table, registry, yes},
		{"writes the registry and a row", "dynamodb:PutItem", table, values{leading: []string{"@tenants", "acme"}}, no},

		{"finds versions of one prefix", "s3:ListBucketVersions", bucket, values{"s3:prefix": "acme/"}, yes},
		{"finds versions of twins too", "s3:ListBucketVersions", bucket, values{"s3:prefix": "acme"}, no},
		{"finds all versions", "s3:ListBucketVersions", bucket, nil, no},
		{"deletes a version", "s3:DeleteObjectVersion", mine, nil, yes},
		{"reads an object", "s3:GetObject", mine, nil, no},
		{"reads a version", "s3:GetObjectVersion", mine, nil, no},
		{"writes an object", "s3:PutObject", mine, nil, no},
		{"deletes the bucket", "s3:DeleteBucket", bucket, nil, no},

		{"makes an index", "es:ESHttpPut", domain + "acme-shipments", nil, yes},
		{"removes an index", "es:ESHttpDelete", domain + "acme-shipments", nil, yes},
		{"removes all indexes", "es:ESHttpDelete", domain + "*-shipments", nil, never},
		{"removes a list", "es:ESHttpDelete", domain + "acme-shipments,blue-shipments", nil, never},
		{"removes another index", "es:ESHttpDelete", domain + "billing", nil, no},
		{"writes a document", "es:ESHttpPut", domain + "acme-shipments/_doc/x-shipments", nil, never},
		{"searches", "es:ESHttpGet", domain + "acme-shipments/_search", nil, never},

		{"writes a boundary", "iam:CreatePolicyVersion", boundary, nil, yes},
		{"writes another policy", "iam:CreatePolicyVersion", "arn:aws:iam::000000000000:policy/Admin", nil, no},
		{"counts roles", "iam:ListRoles", "arn:aws:iam::000000000000:role/", nil, yes},
		{"gives a session's role a policy", "iam:PutRolePolicy", access, nil, no},
		{"attaches a policy", "iam:AttachRolePolicy", access, nil, no},
		{"takes a boundary off", "iam:DeleteRolePermissionsBoundary", access, nil, no},
		{"puts another boundary", "iam:PutRolePermissionsBoundary", access, nil, no},
		{"changes whom a role trusts", "iam:UpdateAssumeRolePolicy", access, nil, no},
		{"makes a role", "iam:CreateRole", "arn:aws:iam::000000000000:role/New", nil, no},
		{"becomes a tenant's session", "sts:AssumeRole", access, nil, no},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkEffect(t, all, &policy.Request{Action: test.action, Resource: test.resource, Context: test.request.context()}, test.want)
		})
	}
	if n := strings.Count(read(t, iam.Hardened, "TrackingTenantsRole/trust.json"), "Principal"); n != 1 {
		t.Errorf("%d principals may become the role, want the compute service alone", n)
	}
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
