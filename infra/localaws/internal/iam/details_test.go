package iam_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestAccountDetailsAreWhatWasPut: each policy of each user and role, on however many pages.
func TestAccountDetailsAreWhatWasPut(t *testing.T) {
	_, c := start(t)
	const used = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"
	createRole(t, c, "Task")
	createRole(t, c, "Idle")
	own := createPolicy(t, c, "Managed")
	for _, do := range []func() error{put(t.Context(), c, "Task", "Inline", readItems), attach(t.Context(), c, "Task", own), bound(t.Context(), c, "Idle", used)} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("ana")}); err != nil {
		t.Fatal(err)
	}
	putUserPolicy(t, c, "ana", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	for _, size := range []int32{1, 2, 100} {
		users, roles, policies := details(t, c, &iam.GetAccountAuthorizationDetailsInput{MaxItems: &size})
		if len(users) != 1 || len(roles) != 2 || len(policies) != 2 {
			t.Fatalf("%d at a time: %d users, %d roles, %d policies; want 1, 2 and 2", size, len(users), len(roles), len(policies))
		}
		idle, task := roles[0], roles[1]
		if *users[0].UserName != "ana" || *users[0].UserPolicyList[0].PolicyName != "Inline" || *task.RoleName != "Task" || *task.RolePolicyList[0].PolicyName != "Inline" ||
			decoded(t, task.RolePolicyList[0].PolicyDocument) != readItems || decoded(t, task.AssumeRolePolicyDocument) != taskTrust || *task.AttachedManagedPolicies[0].PolicyArn != own {
			t.Errorf("%d at a time: %+v, %+v", size, users[0], task)
		}
		if *idle.PermissionsBoundary.PermissionsBoundaryArn != used || *policies[0].Arn != own || decoded(t, policies[0].PolicyVersionList[0].Document) != readItems || *policies[1].Arn != used {
			t.Errorf("%d at a time: %+v, %+v", size, idle, policies)
		}
	}
	users, roles, policies := details(t, c, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}})
	if len(users) != 0 || len(roles) != 2 || len(policies) != 1 {
		t.Errorf("roles and own policies: %d users, %d roles, %d policies; want 0, 2 and 1", len(users), len(roles), len(policies))
	}
	_, err := c.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"Everything"}})
	localawstest.WantFailure(t, err, "ValidationError", 400)
}

func details(t *testing.T, c *iam.Client, in *iam.GetAccountAuthorizationDetailsInput) (users []types.UserDetail, roles []types.RoleDetail, policies []types.ManagedPolicyDetail) {
	t.Helper()
	for p := iam.NewGetAccountAuthorizationDetailsPaginator(c, in); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		users, roles, policies = slices.Concat(users, page.UserDetailList), slices.Concat(roles, page.RoleDetailList), slices.Concat(policies, page.Policies)
	}
	return users, roles, policies
}
