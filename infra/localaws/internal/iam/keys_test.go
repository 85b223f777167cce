package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestKeyOfAUserSignsForItsPolicies(t *testing.T) {
	l, root := start(t)
	user := createUser(t, root, "ana")
	key := createKey(t, root, "ana")
	ana := iam.NewFromConfig(l.Config(key))
	who, err := sts.NewFromConfig(l.Config(key)).GetCallerIdentity(t.Context(), nil)
	if err != nil || *who.Arn != *user.Arn || *who.UserId != *user.UserId {
		t.Fatalf("GetCallerIdentity: %+v, %v", who, err)
	}
	list := func() error { _, err := ana.ListUsers(t.Context(), nil); return err }
	err = list()
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if err == nil || !strings.Contains(err.Error(), "User: "+*user.Arn+" is not authorized to perform: iam:ListUsers") {
		t.Error(err)
	}
	putUserPolicy(t, root, "ana", `{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{
		"StringEquals":{"aws:username":"ana","aws:PrincipalType":"User","aws:PrincipalTag/Team":"blue"},"ArnEquals":{"aws:PrincipalArn":"`+*user.Arn+`"}}}`)
	localawstest.WantFailure(t, list(), "AccessDenied", 403)
	if _, err := root.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("ana"), Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("blue")}}}); err != nil {
		t.Fatal(err)
	}
	if err := list(); err != nil {
		t.Error(err)
	}
	wrong := key
	wrong.SecretAccessKey = strings.ToLower(key.SecretAccessKey)
	_, err = iam.NewFromConfig(l.Config(wrong)).ListUsers(t.Context(), nil)
	localawstest.WantFailure(t, err, "SignatureDoesNotMatch", 403)
	limit := createPolicy(t, root, "Limit")
	if _, err := root.PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("ana"), PermissionsBoundary: &limit}); err != nil {
		t.Fatal(err)
	}
	localawstest.WantFailure(t, list(), "AccessDenied", 403)
	if _, err := root.DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("ana")}); err != nil {
		t.Fatal(err)
	}
	l.Restart(t)
	if err := list(); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	for status, want := range map[types.StatusType]string{types.StatusTypeInactive: "InvalidClientTokenId", types.StatusTypeActive: ""} {
		if _, err := root.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("ana"), AccessKeyId: &key.AccessKeyID, Status: status}); err != nil {
			t.Fatal(err)
		}
		if code, _ := localawstest.Failure(list()); code != want {
			t.Errorf("%s: got %q, want %q", status, code, want)
		}
	}
}

// TestUserAssumesARoleAsARoleDoes, but for the hour that bounds role chaining.
func TestUserAssumesARoleAsARoleDoes(t *testing.T) {
	l, root := start(t)
	user := createUser(t, root, "ana")
	key := l.Config(createKey(t, root, "ana"))
	if err := createTrusting(t, root, "ByUser", *user.Arn); err != nil {
		t.Fatal(err)
	}
	if err := createTrusting(t, root, "ByAccount", account+"root"); err != nil {
		t.Fatal(err)
	}
	if err := assume(t, key, "ByUser"); err != nil {
		t.Error(err)
	}
	localawstest.WantFailure(t, assume(t, key, "ByAccount"), "AccessDenied", 403)
	putUserPolicy(t, root, "ana", `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`)
	if err := assume(t, key, "ByAccount"); err != nil {
		t.Error(err)
	}
	if _, err := root.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: aws.String("ByUser"), MaxSessionDuration: aws.Int32(7200)}); err != nil {
		t.Fatal(err)
	}
	if _, err := sts.NewFromConfig(key).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(account + "role/ByUser"), RoleSessionName: aws.String("s1"), DurationSeconds: aws.Int32(7200),
	}); err != nil {
		t.Errorf("two hours: %v", err)
	}
	if err := rename(t, root, "ana", "bea"); err != nil {
		t.Fatal(err)
	}
	if err := assume(t, key, "ByUser"); err != nil {
		t.Errorf("a new name is not another user: %v", err)
	}
	if got := trustOf(t, root, "ByUser"); got != trusting(account+"user/bea") {
		t.Errorf("shown as %s", got)
	}
}

func TestAccessKeysOfAUser(t *testing.T) {
	l, c := start(t)
	createUser(t, c, "ana")
	first := createKey(t, c, "ana")
	second := createKey(t, c, "ana")
	_, err := c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("ana")})
	localawstest.WantFailure(t, err, "LimitExceeded", 409)
	var listed []string
	for p := iam.NewListAccessKeysPaginator(c, &iam.ListAccessKeysInput{UserName: aws.String("ana"), MaxItems: aws.Int32(1)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, *page.AccessKeyMetadata[0].AccessKeyId)
	}
	if len(listed) != 2 || listed[0] != first.AccessKeyID || listed[1] != second.AccessKeyID {
		t.Errorf("ListAccessKeys: %v", listed)
	}
	lastUsed := func() string {
		out, err := c.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &first.AccessKeyID})
		if err != nil || *out.UserName != "ana" {
			t.Fatalf("%+v, %v", out, err)
		}
		return *out.AccessKeyLastUsed.ServiceName + " " + *out.AccessKeyLastUsed.Region
	}
	if got := lastUsed(); got != "N/A N/A" {
		t.Errorf("never used: %s", got)
	}
	if _, err := sts.NewFromConfig(l.Config(first)).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := lastUsed(); got != "sts us-east-1" {
		t.Errorf("used: %s", got)
	}
	for name, do := range map[string]func() error{
		"update": func() error {
			_, err := c.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("ana"), AccessKeyId: aws.String("AKIAMISSINGMISSINGMI"), Status: types.StatusTypeActive})
			return err
		},
		"delete": func() error {
			_, err := c.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("ana"), AccessKeyId: aws.String("AKIAMISSINGMISSINGMI")})
			return err
		},
		"last used": func() error {
			_, err := c.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String("AKIAMISSINGMISSINGMI")})
			return err
		},
	} {
		if code, status := localawstest.Failure(do()); code != "NoSuchEntity" || status != 404 {
			t.Errorf("%s: %s %d", name, code, status)
		}
	}
	_, err = c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{})
	localawstest.WantFailure(t, err, "ValidationError", 400) // root has no keys of its own here
}

// TestUserAsksForItselfWithoutAName: GetUser and the operations on keys.
func TestUserAsksForItselfWithoutAName(t *testing.T) {
	l, root := start(t)
	createUser(t, root, "ana")
	createUser(t, root, "bea")
	key := createKey(t, root, "ana")
	putUserPolicy(t, root, "ana", `{"Effect":"Allow","Action":"iam:*","Resource":"`+account+`user/${aws:username}"}`)
	ana := iam.NewFromConfig(l.Config(key))
	got, err := ana.GetUser(t.Context(), nil)
	if err != nil || *got.User.UserName != "ana" {
		t.Fatalf("%+v, %v", got, err)
	}
	second, err := ana.CreateAccessKey(t.Context(), nil)
	if err != nil || *second.AccessKey.UserName != "ana" {
		t.Fatalf("%+v, %v", second, err)
	}
	if _, err := ana.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{AccessKeyId: &key.AccessKeyID}); err != nil {
		t.Error(err)
	}
	_, err = root.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("ana")})
	if err != nil {
		t.Fatal(err)
	}
	other := iam.NewFromConfig(l.Config(localawstest.Credentials{AccessKeyID: *second.AccessKey.AccessKeyId, SecretAccessKey: *second.AccessKey.SecretAccessKey}))
	_, err = other.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("bea")})
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	rootUser, err := root.GetUser(t.Context(), nil)
	if err != nil || *rootUser.User.Arn != account+"root" {
		t.Errorf("root: %+v, %v", rootUser, err)
	}
}
