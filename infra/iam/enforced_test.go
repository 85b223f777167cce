package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// The policies as localaws enforces them, over HTTP and through the SDK.

// assume asks for a session of role that is called by the value of the first tag, as the tracking service calls it.
func assume(t *testing.T, l *localawstest.Local, role string, transitive []string, tags ...string) error {
	t.Helper()
	name := "session"
	if len(tags) > 1 {
		name = tags[1] + "@session"
	}
	return assumeAs(t, l, name, role, transitive, tags...)
}

func assumeAs(t *testing.T, l *localawstest.Local, name, role string, transitive []string, tags ...string) error {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: aws.String(l.RoleARN(role)), RoleSessionName: &name, TransitiveTagKeys: transitive}
	for i := 0; i < len(tags); i += 2 {
		in.Tags = append(in.Tags, ststypes.Tag{Key: &tags[i], Value: &tags[i+1]})
	}
	_, err := l.AssumeRole(t, l.RoleCredentials(t, "TrackingServiceRole", "task"), in)
	return err
}

func TestHardenedTrustTakesTheTenantTagAndNothingElse(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	keep := []string{"TenantID"}
	for _, role := range []string{"TrackingAccessRole", "TrackingWriteRole"} {
		if err := assume(t, l, role, keep, "TenantID", "yellow"); err != nil {
			t.Fatal(role, err)
		}
	}
	for name, test := range map[string]struct {
		transitive, tags []string
	}{
		"no tag":             {},
		"an empty tenant":    {keep, []string{"TenantID", ""}},
		"not transitive":     {nil, []string{"TenantID", "yellow"}},
		"a further tag":      {keep, []string{"TenantID", "yellow", "Admin", "true"}},
		"another tag":        {[]string{"Tenant"}, []string{"Tenant", "yellow"}},
		"a key in lowercase": {[]string{"tenantid"}, []string{"tenantid", "yellow"}},
	} {
		if err := assume(t, l, "TrackingAccessRole", test.transitive, test.tags...); err == nil {
			t.Errorf("%s: allowed", name)
		} else {
			localawstest.WantFailure(t, err, "AccessDenied", 403)
		}
	}
	localawstest.WantFailure(t, assume(t, l, "TrackingSeedRole", keep, "TenantID", "yellow"), "AccessDenied", 403)
}

// TestHardenedTrustTakesEveryTenantOfOurFormUnderItsOwnName: the longest id and a reserved one pass; the name of another
// tenant, and a tag that holds a delimiter, do not.
func TestHardenedTrustTakesEveryTenantOfOurFormUnderItsOwnName(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	keep := []string{"TenantID"}
	longest := strings.Repeat("t", 63)
	for name, tenant := range map[string]string{longest + "@": longest, "acme@a": "acme", "acme-eu@a": "acme-eu", "check.a@a": "check.a", "00@a": "00"} {
		if err := assumeAs(t, l, name, "TrackingAccessRole", keep, "TenantID", tenant); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tenant := range map[string]string{
		"blue@a": "yellow", "acme-eu@a": "acme", "acme@a": "acme-eu", "yellow": "yellow", "a@yellow@a": "yellow",
		"acme@b": "acme/eu", "acme_eu@a": "acme_eu", "acme@eu@a": "acme@eu", "acme@c": "acme eu",
	} {
		localawstest.WantFailure(t, assumeAs(t, l, name, "TrackingAccessRole", keep, "TenantID", tenant), "AccessDenied", 403)
	}
}

func TestArticlesTrustTakesASessionWithoutATag(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Article)
	for _, tags := range [][]string{nil, {"Admin", "true", "TenantID", "yellow"}} {
		if err := assume(t, l, "TrackingAccessRole", nil, tags...); err != nil {
			t.Errorf("with the tags %q: %v", tags, err)
		}
	}
	localawstest.WantFailure(t, assume(t, l, "TrackingAccessRole", nil, "Admin", "true"), "AccessDenied", 403)
	localawstest.WantFailure(t, assume(t, l, "TrackingAccessRole", nil, "TenantID", ""), "AccessDenied", 403)
}
