package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

const (
	readObjects  = "TrackingAccessRole/TrackingAccessPolicyS3.json"
	writeObjects = "TrackingWriteRole/TrackingWritePolicyS3.json"
)

// overLocalaws is a backend whose documents and indexes lie in localaws, under the policies that it enforces: bucket, keys,
// indexes and seed.
func overLocalaws(t *testing.T) backend {
	t.Helper()
	w := newBackend(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	root := w.local.Config(localawstest.Root)
	bucket := awss3.NewFromConfig(root, func(o *awss3.Options) { o.UsePathStyle = true })
	if _, err := bucket.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String(localawstest.Bucket)}); err != nil {
		t.Fatal(err)
	}
	a, b := tenant.IsolationCheck()
	keys := kms.NewFromConfig(root)
	for _, id := range []tenant.ID{a, b, parse(t, "yellow"), parse(t, "blue"), parse(t, "green")} {
		key, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: aws.String(id.String())}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String(keyalias.Of(id)), TargetKeyId: key.KeyMetadata.KeyId}); err != nil {
			t.Fatal(err)
		}
	}
	if err := provision.Indexes(t.Context(), root, w.local.URL, a, b, parse(t, "yellow"), parse(t, "blue"), parse(t, "green")); err != nil {
		t.Fatal(err)
	}
	w.become(t, "TrackingSeedTaskRole")
	var out bytes.Buffer
	environ := []string{"TRACKING_ACCESS_ROLE_ARN=" + w.local.RoleARN("TrackingSeedRole"), "INSTANCE_ID=seed", "DOCUMENTS_BUCKET=" + localawstest.Bucket, "OPENSEARCH_ENDPOINT=" + w.local.URL}
	if code := run(t.Context(), []string{"seed"}, environ, &out, &out); code != 0 {
		t.Fatalf("seed exits %d: %s", code, out.String())
	}
	w.become(t, "TrackingServiceRole")
	return w
}

func parse(t *testing.T, text string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDocumentsUnderPoliciesThatAreEnforced(t *testing.T) {
	w := overLocalaws(t)
	s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL))
	s.awaitReady(t)
	s.awaitServed(t, w, lading)
	s.wantMetric(t, bucketHolds)
	contents := map[string]bool{}
	for _, owner := range []string{"yellow", "blue", "green"} {
		token := w.issuer.Token(owner, "ana")
		status, body := s.get(t, lading, token)
		contents[body] = true
		if status != http.StatusOK || !strings.HasPrefix(body, "%PDF-") {
			t.Errorf("%s: %d %.80s", owner, status, body)
		}
		if status := s.put(t, "/shipments/1001/documents/own.pdf", token, "of "+owner); status != http.StatusCreated {
			t.Errorf("%s's upload: %d", owner, status)
		}
		if status, body := s.get(t, "/shipments/1001/documents", token); status != http.StatusOK || strings.Count(body, `"name"`) != 3 {
			t.Errorf("%s's list: %d %s", owner, status, body)
		}
		if status, _ := s.get(t, "/shipments/1001/documents/none.pdf", token); status != http.StatusNotFound {
			t.Errorf("%s's missing document: %d, want 404", owner, status)
		}
	}
	if len(contents) != 3 {
		t.Errorf("%d contents for three tenants", len(contents))
	}
	s.wantMetric(t, "shiptrack_denials_total 0")
}

// TestHolesInThePoliciesOfObjectsAreFound: each stops the service, and the hardened policies start it again.
func TestHolesInThePoliciesOfObjectsAreFound(t *testing.T) {
	for _, tc := range []struct{ name, file, from, to, says string }{
		{"reads any prefix", readObjects, `arn:aws:s3:::<bucket>/${aws:PrincipalTag/TenantID}/*",
      "Condition"`, `arn:aws:s3:::<bucket>/*",
      "Condition"`, "other-head: AWS allowed it"},
		{"lists any prefix", readObjects, `"s3:prefix": "${aws:PrincipalTag/TenantID}/*"`, `"s3:prefix": "*"`, "other-list: AWS allowed it"},
		{"writes any prefix", writeObjects, `arn:aws:s3:::<bucket>/${aws:PrincipalTag/TenantID}/*`, `arn:aws:s3:::<bucket>/*`, "other-put: AWS allowed it"},
		{"encrypts with any key", writeObjects, `"aws:PrincipalTag/TenantID": "${aws:ResourceTag/TenantID}",`, ``, "other-kms-key: AWS allowed it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := overLocalaws(t)
			s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL, "ISOLATION_CHECK_INTERVAL=1s"))
			s.awaitReady(t)
			s.awaitServed(t, w, lading)
			w.replace(t, tc.file, tc.from, tc.to)
			s.awaitLog(t, `"msg":"ISOLATION DOES NOT HOLD"`, `"store":"s3"`, tc.says)
			s.awaitNotIsolated(t)
			s.wantNothingServed(t, w, notIsolated)
			iamtest.Load(t, w.local, iam.Hardened)
			s.awaitReady(t)
			s.awaitServed(t, w, lading)
		})
	}
}
