// Package provision creates Shiptrack's roles and table through the AWS API, on localaws or on AWS. It
// can run any number of times: it updates what exists to the wanted documents, or leaves it as it is.
package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The keys of the table (see the tracking service, which owns it).
const (
	partitionKey = "TenantID"
	sortKey      = "ShipmentID"
)

// tableWait is how long Table waits for a new table; AWS takes some seconds.
const tableWait = 2 * time.Minute

// Roles creates each role, or replaces its trust policy and inline policies by the wanted documents. It deletes
// an inline policy that is no longer wanted. Attached policies and tags stay. A permissions boundary is made where the account has no policy of
// its name; the document of one that exists stays, since bin/tenants writes it.
//
// IAM takes one document at a time. So documents that deny come first, then those that only allow, and what is no longer
// wanted is deleted last: a Deny that moves to another document holds at every moment.
func Roles(ctx context.Context, cfg aws.Config, roles []localaws.Role, wait Propagation) error {
	client, left := awsiam.NewFromConfig(cfg), roles
	return wait.until(ctx, func() error {
		for {
			again, err := putRoles(ctx, client, left)
			if len(again) == len(left) || len(again) == 0 || !lags(err) {
				return err
			}
			left = again // what they name may be there now
		}
	})
}

// putRoles returns the roles that could not be put because IAM does not know what they name. err is that of the first of them, or what ended
// the attempt.
func putRoles(ctx context.Context, client *awsiam.Client, roles []localaws.Role) (again []localaws.Role, err error) {
	for _, role := range roles {
		failure := putRole(ctx, client, role)
		if failure == nil {
			continue
		}
		failure = fmt.Errorf("role %s: %w", role.Name, failure)
		if !lags(failure) {
			return nil, failure
		}
		if again = append(again, role); err == nil {
			err = failure
		}
	}
	return again, err
}

func putRole(ctx context.Context, client *awsiam.Client, role localaws.Role) error {
	trust := aws.String(string(role.Trust))
	boundary, err := putBoundary(ctx, client, role)
	if err != nil {
		return err
	}
	_, err = client.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: &role.Name, AssumeRolePolicyDocument: trust, PermissionsBoundary: boundary})
	if _, exists := errors.AsType[*iamtypes.EntityAlreadyExistsException](err); exists {
		_, err = client.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{
			RoleName: &role.Name, PolicyDocument: trust,
		})
		if err == nil && boundary != nil {
			_, err = client.PutRolePermissionsBoundary(ctx, &awsiam.PutRolePermissionsBoundaryInput{RoleName: &role.Name, PermissionsBoundary: boundary})
		}
	}
	if err != nil {
		return err
	}
	for _, policy := range deniesFirst(role.Policies) {
		if _, err := client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
			RoleName: &role.Name, PolicyName: &policy.Name, PolicyDocument: aws.String(string(policy.Document)),
		}); err != nil {
			return err
		}
	}
	return deleteUnwanted(ctx, client, role)
}

// deniesFirst takes a document that has the word Deny for one that denies: one too many there is harmless.
func deniesFirst(policies []localaws.PolicyDocument) []localaws.PolicyDocument {
	denies := func(p localaws.PolicyDocument) bool { return bytes.Contains(p.Document, []byte(`"Deny"`)) }
	return slices.SortedStableFunc(slices.Values(policies), func(a, b localaws.PolicyDocument) int {
		switch {
		case denies(a) == denies(b):
			return 0
		case denies(a):
			return -1
		}
		return 1
	})
}

// DeleteRole deletes a role with its inline policies, and its permissions boundary where that is one of Roles. It returns nil where there is
// no such role, and an error where the role has attached policies.
func DeleteRole(ctx context.Context, cfg aws.Config, name string) error {
	client := awsiam.NewFromConfig(cfg)
	there, err := client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
	if err == nil {
		err = deleteUnwanted(ctx, client, localaws.Role{Name: name})
	}
	if err == nil {
		_, err = client.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: &name})
	}
	if _, gone := errors.AsType[*iamtypes.NoSuchEntityException](err); gone {
		return nil
	}
	if err != nil || there.Role.PermissionsBoundary == nil {
		return err
	}
	return deleteBoundary(ctx, client, name, there.Role.PermissionsBoundary.PermissionsBoundaryArn)
}

// deleteUnwanted deletes the inline policies that role does not have.
func deleteUnwanted(ctx context.Context, client *awsiam.Client, role localaws.Role) error {
	pages := awsiam.NewListRolePoliciesPaginator(client, &awsiam.ListRolePoliciesInput{RoleName: &role.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.PolicyNames {
			if slices.ContainsFunc(role.Policies, func(p localaws.PolicyDocument) bool { return p.Name == name }) {
				continue
			}
			if _, err := client.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{
				RoleName: &role.Name, PolicyName: &name,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Table creates the tracking table called name, or leaves it as it is, and returns when it is active.
func Table(ctx context.Context, cfg aws.Config, name string) error {
	client := dynamodb.NewFromConfig(cfg)
	attribute := func(name string) dynamodbtypes.AttributeDefinition {
		return dynamodbtypes.AttributeDefinition{AttributeName: &name, AttributeType: dynamodbtypes.ScalarAttributeTypeS}
	}
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: dynamodbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{
			attribute(partitionKey), attribute(sortKey),
		},
		KeySchema: []dynamodbtypes.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: dynamodbtypes.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: dynamodbtypes.KeyTypeRange},
		},
	})
	if _, exists := errors.AsType[*dynamodbtypes.ResourceInUseException](err); err != nil && !exists {
		return fmt.Errorf("create table %s: %w", name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 5*time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, tableWait); err != nil {
		return fmt.Errorf("wait for table %s: %w", name, err)
	}
	return nil
}
