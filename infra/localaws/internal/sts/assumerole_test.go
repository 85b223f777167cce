package sts_test

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestAssumedSessionIsWhoItSaysItIs(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, "")))
	out, err := sts.NewFromConfig(k.Config(k.caller)).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(k.RoleARN("Target")), RoleSessionName: aws.String("ana@host-1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantARN := "arn:aws:sts::000000000000:assumed-role/Target/ana@host-1"
	if got := aws.ToString(out.AssumedRoleUser.Arn); got != wantARN {
		t.Errorf("AssumedRoleUser.Arn is %s, want %s", got, wantARN)
	}
	if lasts := out.Credentials.Expiration.Sub(k.Now()).Seconds(); lasts < 3590 || lasts > 3600 {
		t.Errorf("the session lasts %v s, want the default of 3600", lasts)
	}
	session := localawstest.Credentials{
		AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey,
		SessionToken: *out.Credentials.SessionToken,
	}
	who, err := sts.NewFromConfig(k.Config(session)).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *who.Arn != wantARN || *who.Account != "000000000000" || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("GetCallerIdentity says %s %s %s", *who.Arn, *who.Account, *who.UserId)
	}
	if !strings.HasPrefix(*who.UserId, "AROA") || !strings.HasSuffix(*who.UserId, ":ana@host-1") {
		t.Errorf("UserId is %s, want AROA...:ana@host-1", *who.UserId)
	}
}

func TestTrustPolicyNamingARoleMatchesItsSessionsAndNoOthers(t *testing.T) {
	k := start(t, role("Other", taskTrust, allow("sts:*", "*")), role("Target", trust("role/Caller", assume, "")))
	k.mustAssume(t, k.caller, "Target")
	k.mustAssume(t, k.RoleCredentials(t, "Caller", "another-task"), "Target")
	_, err := k.assume(t, k.RoleCredentials(t, "Other", "task"), "Target")
	k.denied(t, err, "sts:AssumeRole")
}

func TestRoleThatDoesNotExistIsDeniedLikeOneThatDoesNotTrust(t *testing.T) {
	k := start(t, role("Powerful", taskTrust, allow("*", "*")), role("Untrusting", trust("role/Caller", assume, "")))
	by := k.RoleCredentials(t, "Powerful", "task")
	message := func(name string) string {
		_, err := k.assume(t, by, name)
		k.denied(t, err, "sts:AssumeRole")
		text := localawstest.WithoutAuthorizationID(err.Error())
		return strings.ReplaceAll(text[strings.Index(text, "api error"):], name, "ROLE")
	}
	if got, want := message("Missing"), message("Untrusting"); got != want {
		t.Errorf("a role that does not exist is told from one that does not trust:\n%s\n%s", got, want)
	}
	k.mustAssume(t, k.caller, "Untrusting")
}

func TestRoleIsNamedByItsWholeARN(t *testing.T) {
	k := start(t, role("Powerful", taskTrust, allow("*", "*")), role("Target", trust("role/Powerful", assume, "")))
	by := k.RoleCredentials(t, "Powerful", "task")
	k.mustAssume(t, by, "Target")
	for _, arn := range []string{
		"arn:aws:iam::111111111111:role/Target", account + "role/path/Target", account + "role/target", account + "role/Target/",
		account + "role//Target",
	} {
		_, err := k.assume(t, by, "Target", func(in *sts.AssumeRoleInput) { in.RoleArn = &arn })
		k.denied(t, err, "sts:AssumeRole")
	}
}

func TestRootCannotAssumeARole(t *testing.T) {
	k := start(t, role("Target", trust("root", assume, "")), role("Delegate", taskTrust, allow("sts:AssumeRole", "*")))
	_, err := k.assume(t, localawstest.Root, "Target")
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if err == nil || !strings.Contains(err.Error(), "Roles may not be assumed by root accounts.") {
		t.Errorf("got %v", err)
	}
	k.mustAssume(t, k.RoleCredentials(t, "Delegate", "task"), "Target")
}

func TestTrustInTheAccountNeedsTheCallersOwnAllow(t *testing.T) {
	k := start(t, role("Target", trust("root", assume, "")), role("Delegate", taskTrust, allow("sts:AssumeRole", account+"role/Target")))
	_, err := k.assume(t, k.caller, "Target")
	k.denied(t, err, "sts:AssumeRole")
	k.mustAssume(t, k.RoleCredentials(t, "Delegate", "task"), "Target")
}

func TestExplicitDenyOfTheCallerWinsOverTheTrustPolicy(t *testing.T) {
	denies := strings.Replace(allow("sts:AssumeRole", account+"role/Target"), "Allow", "Deny", 1)
	k := start(t,
		role("Denied", taskTrust, denies),
		role("Target", trust("role/Denied", assume, "")), role("Target2", trust("role/Denied", assume, "")))
	by := k.RoleCredentials(t, "Denied", "task")
	_, err := k.assume(t, by, "Target")
	k.denied(t, err, "sts:AssumeRole")
	if err == nil || !strings.Contains(err.Error(), "with an explicit deny in an identity-based policy") {
		t.Errorf("got %v", err)
	}
	k.mustAssume(t, by, "Target2")
}

func TestTagsNeedTagSession(t *testing.T) {
	k := start(t,
		role("Untaggable", trust("role/Caller", assume, "")), role("Taggable", trust("role/Caller", assumeAndTag, "")))
	k.mustAssume(t, k.caller, "Untaggable")
	_, err := k.assume(t, k.caller, "Untaggable", tags("TenantID", "yellow"))
	k.denied(t, err, "sts:TagSession")
	k.mustAssume(t, k.caller, "Taggable", tags("TenantID", "yellow"))
}

// A trust policy that binds the session name has to do so in a statement for sts:AssumeRole alone.
func TestTagSessionHasNoSessionName(t *testing.T) {
	bound := `{"StringLike":{"sts:RoleSessionName":"${aws:RequestTag/TenantID}@*"}}`
	free := trust("role/Caller", assumeAndTag, bound)
	apart := strings.Replace(trust("role/Caller", assume, bound), `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`role/Caller"},"Action":"sts:TagSession"},`, 1)
	k := start(t, role("Together", free), role("Apart", apart))
	yellow := tags("TenantID", "yellow")
	_, err := k.assume(t, k.caller, "Together", yellow, named("yellow@a"))
	k.denied(t, err, "sts:TagSession")
	k.mustAssume(t, k.caller, "Apart", yellow, named("yellow@a"))
	_, err = k.assume(t, k.caller, "Apart", yellow, named("blue@a"))
	k.denied(t, err, "sts:AssumeRole")
}

func TestGuardedTrustTakesTheTenantTagAndNothingElse(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, os.DirFS("../../localawstest/testdata/notes"))
	k := &kit{l, l.RoleCredentials(t, "NotesService", "task")}
	tenant, keep := tags("TenantID", "yellow"), transitive("TenantID")
	k.mustAssume(t, k.caller, "NotesReader", tenant, keep)
	for name, options := range map[string][]option{
		"no tag":             {},
		"an empty tenant":    {tags("TenantID", ""), keep},
		"not transitive":     {tenant},
		"a further tag":      {tags("TenantID", "yellow", "Admin", "true"), keep},
		"another tag":        {tags("Tenant", "yellow"), transitive("Tenant")},
		"a key in lowercase": {tags("tenantid", "yellow"), transitive("tenantid")},
	} {
		if _, err := k.assume(t, k.caller, "NotesReader", options...); err == nil {
			t.Errorf("%s: allowed", name)
		} else {
			localawstest.WantFailure(t, err, "AccessDenied", 403)
		}
	}
}

func TestConditionKeysOfTheRequest(t *testing.T) {
	condition := func(key, value string) string { return `{"StringEquals":{"` + key + `":"` + value + `"}}` }
	const setSource = `"sts:AssumeRole","sts:SetSourceIdentity"`
	for name, test := range map[string]struct {
		actions, condition string
		good, bad          []option
	}{
		"sts:ExternalId":      {assume, condition("sts:ExternalId", "abc"), []option{externalID("abc")}, []option{externalID("abd")}},
		"no sts:ExternalId":   {assume, condition("sts:ExternalId", "abc"), []option{externalID("abc")}, nil},
		"sts:RoleSessionName": {assume, condition("sts:RoleSessionName", "ana"), []option{named("ana")}, []option{named("bob")}},
		"sts:SourceIdentity":  {setSource, condition("sts:SourceIdentity", "ana"), []option{source("ana")}, []option{source("bob")}},
		"aws:RequestTag": {
			assumeAndTag, condition("aws:RequestTag/TenantID", "yellow"),
			[]option{tags("TenantID", "yellow")}, []option{tags("TenantID", "blue")},
		},
		"aws:TagKeys": {
			assumeAndTag, `{"ForAllValues:StringEquals":{"aws:TagKeys":"TenantID"}}`,
			[]option{tags("TenantID", "yellow")}, []option{tags("TenantID", "yellow", "Admin", "true")},
		},
		"sts:TransitiveTagKeys": {
			assumeAndTag, `{"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"TenantID"}}`,
			[]option{tags("TenantID", "yellow"), transitive("TenantID")}, []option{tags("TenantID", "yellow")},
		},
		"aws:PrincipalArn": {assume, condition("aws:PrincipalArn", account+"role/Caller"), nil, []option{tags("a", "b")}},
	} {
		t.Run(name, func(t *testing.T) {
			k := start(t, role("Target", trust("role/Caller", test.actions, test.condition)))
			k.mustAssume(t, k.caller, "Target", test.good...)
			_, err := k.assume(t, k.caller, "Target", test.bad...)
			localawstest.WantFailure(t, err, "AccessDenied", 403)
		})
	}
}

// TestTrustPolicySeesTheTagsOfTheCallersSession: aws:PrincipalTag is the caller's, aws:RequestTag the new session's.
func TestTrustPolicySeesTheTagsOfTheCallersSession(t *testing.T) {
	own := `{"StringEquals":{"aws:RequestTag/TenantID":"${aws:PrincipalTag/TenantID}"}}`
	k := start(t, role("Tagged", trust("role/Caller", assumeAndTag, "")), role("Target", trust("role/Tagged", assumeAndTag, own)))
	yellow := k.mustAssume(t, k.caller, "Tagged", tags("TenantID", "yellow"))
	untagged := k.mustAssume(t, k.caller, "Tagged")
	k.mustAssume(t, yellow, "Target", tags("TenantID", "yellow"))
	_, err := k.assume(t, yellow, "Target", tags("TenantID", "blue"))
	k.denied(t, err, "sts:AssumeRole")
	_, err = k.assume(t, untagged, "Target", tags("TenantID", "yellow"))
	k.denied(t, err, "sts:AssumeRole")
}

func TestSourceIdentityNeedsItsOwnActionAndStays(t *testing.T) {
	const all = `"sts:AssumeRole","sts:SetSourceIdentity"`
	k := start(t,
		role("First", trust("role/Caller", all, "")), role("Plain", trust("role/Caller", assume, "")),
		role("Second", trust("role/First", all, "")), role("SecondPlain", trust("role/First", assume, "")))
	_, err := k.assume(t, k.caller, "Plain", source("ana"))
	k.denied(t, err, "sts:SetSourceIdentity")
	first := k.mustAssume(t, k.caller, "First", source("ana"))
	k.mustAssume(t, first, "Second")
	k.mustAssume(t, first, "Second", source("ana"))
	_, err = k.assume(t, first, "Second", source("bob"))
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	_, err = k.assume(t, first, "SecondPlain")
	k.denied(t, err, "sts:SetSourceIdentity")
}

func TestOtherOperationsAreAuthorizedBeforeTheyAreUnknown(t *testing.T) {
	k := start(t, role("Allowed", taskTrust, allow("sts:GetAccessKeyInfo", "*")))
	info := func(c localawstest.Credentials) error {
		_, err := sts.NewFromConfig(k.Config(c)).GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("ASIAAAAAAAAAAAAAAAAA")})
		return err
	}
	k.denied(t, info(k.caller), "sts:GetAccessKeyInfo")
	localawstest.WantFailure(t, info(k.RoleCredentials(t, "Allowed", "task")), "InvalidAction", 400)
	_, err := sts.NewFromConfig(k.Config(localawstest.Root)).GetSessionToken(t.Context(), nil)
	localawstest.WantFailure(t, err, "InvalidAction", 400)
}
