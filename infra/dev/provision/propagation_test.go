package provision_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

var task = localaws.Role{
	Name: "Task", Trust: []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`),
	Policies: []localaws.PolicyDocument{{Name: "Read", Document: []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)}},
}

// failing answers the first n calls of an operation with err.
func failing(cfg aws.Config, operation string, n int, err error) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("failing", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if awsmiddleware.GetOperationName(ctx) == operation && n > 0 {
				n--
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	return cfg
}

func TestRolesWaitsForAnIAMThatLags(t *testing.T) {
	unknown := &smithy.GenericAPIError{Code: "MalformedPolicyDocument", Message: `Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/New"`}
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized"}
	wrong := &smithy.GenericAPIError{Code: "MalformedPolicyDocument", Message: "Syntax errors in policy."}
	for _, test := range []struct {
		name      string
		operation string
		times     int
		err       error
		within    time.Duration
		want      string // of the error; empty: none
		waits     bool
	}{
		{"nothing fails", "CreateRole", 0, nil, time.Minute, "", false},
		{"a principal that is not known yet", "CreateRole", 3, unknown, time.Minute, "", true},
		{"a role that is not there yet", "PutRolePolicy", 3, &iamtypes.NoSuchEntityException{}, time.Minute, "", true},
		{"a principal that never is", "CreateRole", 1 << 30, unknown, 50 * time.Millisecond, "role Task: ", true},
		{"a localaws that does not lag", "CreateRole", 3, unknown, 0, "Invalid principal in policy", false},
		{"a denial", "CreateRole", 3, denied, time.Minute, "not authorized", false},
		{"a document that is none", "CreateRole", 3, wrong, time.Minute, "Syntax errors", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := localawstest.Start(t)
			var said bytes.Buffer
			wait := provision.Propagation{Within: test.within, Every: time.Millisecond, Out: &said}
			err := provision.Roles(t.Context(), failing(l.Config(localawstest.Root), test.operation, test.times, test.err), []localaws.Role{task}, wait)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if waited := strings.Contains(said.String(), "IAM may not know yet"); waited != test.waits {
				t.Errorf("said %q", &said)
			}
			_, err = awsiam.NewFromConfig(l.Config(localawstest.Root)).GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{RoleName: &task.Name, PolicyName: &task.Policies[0].Name})
			if there := err == nil; there != (test.want == "") {
				t.Errorf("the policy: %v", err)
			}
		})
	}
}

// TestRolesThatNameLaterOnes: IAM takes no principal that does not exist.
func TestRolesThatNameLaterOnes(t *testing.T) {
	l := localawstest.Start(t)
	later := task
	later.Name, later.Trust = "Access", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:role/Task"},"Action":"sts:AssumeRole"}}`)
	var order []string
	cfg := l.Config(localawstest.Root)
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("principals", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if create, ok := in.Parameters.(*awsiam.CreateRoleInput); ok {
				if order = append(order, *create.RoleName); *create.RoleName == "Access" && len(order) == 1 {
					return middleware.InitializeOutput{}, middleware.Metadata{}, &smithy.GenericAPIError{Code: "MalformedPolicyDocument", Message: "Invalid principal in policy"}
				}
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	if err := provision.Roles(t.Context(), cfg, []localaws.Role{later, task}, provision.Propagation{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "Access Task Access" {
		t.Errorf("in the order %s", got)
	}
}

func TestRolesStopsWaitingWhenItIsInterrupted(t *testing.T) {
	l := localawstest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	wait := provision.Propagation{Within: time.Hour, Every: time.Millisecond, Out: writerFunc(cancel)}
	err := provision.Roles(ctx, failing(l.Config(localawstest.Root), "CreateRole", 1<<30, &iamtypes.NoSuchEntityException{}), []localaws.Role{task}, wait)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was interrupted", err)
	}
}

// writerFunc is called when something is said.
type writerFunc func()

func (w writerFunc) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}
