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

func createUser(t *testing.T, c *iam.Client, name string) *types.User {
	t.Helper()
	out, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	if err != nil {
		t.Fatalf("CreateUser %s: %v", name, err)
	}
	return out.User
}

func createKey(t *testing.T, c *iam.Client, user string) localawstest.Credentials {
	t.Helper()
	out, err := c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		t.Fatalf("CreateAccessKey %s: %v", user, err)
	}
	return localawstest.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}

func putUserPolicy(t *testing.T, c *iam.Client, user, statement string) {
	t.Helper()
	document := `{"Version":"2012-10-17","Statement":[` + statement + `]}`
	if _, err := c.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("Inline"), PolicyDocument: &document}); err != nil {
		t.Fatal(err)
	}
}

func TestLifeOfAUser(t *testing.T) {
	_, c := start(t)
	arn := createPolicy(t, c, "Managed")
	ctx, ana := t.Context(), aws.String("ana")
	created, err := c.CreateUser(ctx, &iam.CreateUserInput{
		UserName: ana, Path: aws.String("/team/"), PermissionsBoundary: &arn, Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("blue")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	u := created.User
	if *u.Arn != account+"user/team/ana" || !strings.HasPrefix(*u.UserId, "AIDA") || len(*u.UserId) != 21 || *u.PermissionsBoundary.PermissionsBoundaryArn != arn || len(u.Tags) != 1 {
		t.Errorf("CreateUser: %+v", u)
	}
	_, err = c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ANA")})
	localawstest.WantFailure(t, err, "EntityAlreadyExists", 409)
	_, err = c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bea"), PermissionsBoundary: aws.String(account + "policy/Missing")})
	localawstest.WantFailure(t, err, "NoSuchEntity", 404)
	putUserPolicy(t, c, "ana", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	inline, err := c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: ana, PolicyName: aws.String("Inline")})
	if err != nil || *inline.UserName != "ana" || !strings.Contains(decoded(t, inline.PolicyDocument), "s3:GetObject") {
		t.Errorf("GetUserPolicy: %+v, %v", inline, err)
	}
	if _, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: ana, PolicyArn: &arn}); err != nil {
		t.Fatal(err)
	}
	key := createKey(t, c, "ana")
	remove := func() error { _, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: ana}); return err }
	for _, step := range []func() error{
		func() error {
			_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: ana, PolicyName: aws.String("Inline")})
			return err
		},
		func() error {
			_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: ana, PolicyArn: &arn})
			return err
		},
		func() error {
			_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: ana, AccessKeyId: &key.AccessKeyID})
			return err
		},
	} {
		localawstest.WantFailure(t, remove(), "DeleteConflict", 409)
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	localawstest.WantFailure(t, deletePolicy(ctx, c, arn)(), "DeleteConflict", 409) // it is the boundary
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	localawstest.WantFailure(t, remove(), "NoSuchEntity", 404)
	if anew := createUser(t, c, "ana"); *anew.UserId == *u.UserId {
		t.Error("a unique id was used again")
	}
}

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

func rename(t *testing.T, c *iam.Client, from, to string) error {
	t.Helper()
	_, err := c.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: &from, NewUserName: &to})
	return err
}

func TestUserIsRenamedAndMoved(t *testing.T) {
	l, c := start(t)
	before := createUser(t, c, "ana")
	createUser(t, c, "bea")
	localawstest.WantFailure(t, rename(t, c, "ana", "BEA"), "EntityAlreadyExists", 409)
	localawstest.WantFailure(t, rename(t, c, "none", "other"), "NoSuchEntity", 404)
	if err := rename(t, c, "ana", "Ana"); err != nil {
		t.Errorf("another case: %v", err)
	}
	if _, err := c.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("Ana"), NewPath: aws.String("/team/")}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("ana")})
	if err != nil || *got.User.Arn != account+"user/team/Ana" || *got.User.UserId != *before.UserId {
		t.Errorf("%+v, %v", got.User, err)
	}
	// "Permission on both the source object and the target object."
	putUserPolicy(t, c, "bea", `{"Effect":"Allow","Action":"iam:UpdateUser","Resource":["`+account+`user/bea","`+account+`user/b2"]}`)
	bea := iam.NewFromConfig(l.Config(createKey(t, c, "bea")))
	localawstest.WantFailure(t, rename(t, bea, "bea", "b3"), "AccessDenied", 403)
	if err := rename(t, bea, "bea", "b2"); err != nil {
		t.Error(err)
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

// TestUserHasNothingElse: Terraform asks for it.
func TestUserHasNothingElse(t *testing.T) {
	_, c := start(t)
	createUser(t, c, "ana")
	ctx, ana := t.Context(), aws.String("ana")
	groups, err := c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: ana})
	if err != nil || len(groups.Groups) != 0 || groups.IsTruncated {
		t.Errorf("%+v, %v", groups, err)
	}
	for _, do := range []func() error{
		func() error { _, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: ana}); return err },
		func() error {
			_, err := c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: ana})
			return err
		},
		func() error {
			_, err := c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: ana})
			return err
		},
	} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	_, err = c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: ana})
	localawstest.WantFailure(t, err, "NoSuchEntity", 404)
	_, err = c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: aws.String("bea")})
	localawstest.WantFailure(t, err, "NoSuchEntity", 404)
}

// TestUserOperationsAreAuthorizedOnTheUser: by its ARN and tags; tags at creation need iam:TagUser too.
func TestUserOperationsAreAuthorizedOnTheUser(t *testing.T) {
	l, root := start(t)
	createUser(t, root, "keeper")
	keeper := iam.NewFromConfig(l.Config(createKey(t, root, "keeper")))
	putUserPolicy(t, root, "keeper", `{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"},
		{"Effect":"Allow","Action":["iam:*"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Kept":"yes"}}},
		{"Effect":"Deny","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnNotEquals":{"iam:PolicyARN":"`+readOnlyARN+`"}}}`)
	createUser(t, keeper, "ana")
	tags := []types.Tag{{Key: aws.String("Kept"), Value: aws.String("yes")}}
	_, err := keeper.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("bea"), Tags: tags})
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	get := func() error {
		_, err := keeper.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("ana")})
		return err
	}
	localawstest.WantFailure(t, get(), "AccessDenied", 403)
	if _, err := root.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("ana"), Tags: tags}); err != nil {
		t.Fatal(err)
	}
	if err := get(); err != nil {
		t.Error(err)
	}
	for arn, want := range map[string]string{readOnlyARN: "", "arn:aws:iam::aws:policy/AmazonS3FullAccess": "AccessDenied"} {
		_, err := keeper.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("ana"), PolicyArn: &arn})
		if code, _ := localawstest.Failure(err); code != want {
			t.Errorf("%s: got %q, want %q", arn, code, want)
		}
	}
}

func TestSimulatorKnowsUsers(t *testing.T) {
	_, c := start(t)
	user := createUser(t, c, "ana")
	putUserPolicy(t, c, "ana", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*"}`)
	out, err := c.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: user.Arn, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b/ana/x", "arn:aws:s3:::b/bea/x"},
	})
	if err != nil || len(out.EvaluationResults) != 1 || len(out.EvaluationResults[0].ResourceSpecificResults) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	results := out.EvaluationResults[0].ResourceSpecificResults
	own, other := results[0], results[1]
	if own.EvalResourceDecision != "allowed" || other.EvalResourceDecision != "implicitDeny" || *own.MatchedStatements[0].SourcePolicyId != "user_ana_Inline" {
		t.Errorf("%+v, %+v", own, other)
	}
}
