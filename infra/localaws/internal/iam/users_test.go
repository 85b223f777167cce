package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

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
		func() error {
			_, err := c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: ana})
			return err
		},
		func() error { _, err := c.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{}); return err },
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
