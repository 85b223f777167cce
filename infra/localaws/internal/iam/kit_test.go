package iam_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	taskTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readItems = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}`
	account   = "arn:aws:iam::000000000000:"
)

func start(t *testing.T) (*localawstest.Local, *iam.Client) {
	t.Helper()
	l := localawstest.Start(t)
	return l, iam.NewFromConfig(l.Config(localawstest.Root))
}

func createRole(t *testing.T, c *iam.Client, name string) *types.Role {
	t.Helper()
	out, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(taskTrust)})
	if err != nil {
		t.Fatalf("CreateRole %s: %v", name, err)
	}
	return out.Role
}

func createPolicy(t *testing.T, c *iam.Client, name string) string {
	t.Helper()
	out, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(readItems)})
	if err != nil {
		t.Fatalf("CreatePolicy %s: %v", name, err)
	}
	return *out.Policy.Arn
}

func decoded(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func put(ctx context.Context, c *iam.Client, role, name, document string) func() error {
	return func() error {
		_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document})
		return err
	}
}

func attach(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	}
}

func detach(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	}
}

func bound(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &role, PermissionsBoundary: &arn})
		return err
	}
}

func deleteRole(ctx context.Context, c *iam.Client, role string) func() error {
	return func() error {
		_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role})
		return err
	}
}

func deletePolicy(ctx context.Context, c *iam.Client, arn string) func() error {
	return func() error {
		_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
		return err
	}
}

func numbered(prefix string, n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint(prefix, i))
	}
	return strings.Join(names, " ")
}
