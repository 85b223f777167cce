package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

const (
	region      = "us-east-1"
	trackings   = "TrackingData"
	serviceRole = "TrackingServiceRole"
	accessRole  = "TrackingAccessRole"
	tenantTag   = "TenantID"

	ours, theirs = "yellow", "blue" // tenants; the session is ours
)

// answer is what an emulator did with one request. What is empty was not refused.
type answer struct {
	did  string // answered, denied, made, refused, ...
	code string // AWS's, of a refusal
}

const (
	answered = "answered"
	denied   = "denied"
	made     = "made"
	blind    = "made, reads nothing"
	seeing   = "made, reads rows"
	refused  = "refused"

	noSession  = "no session"         // for the tenant: the request cannot be made
	noSessions = "no STS, no session" // for anybody
)

// question is a column of the page.
type question struct {
	title string
	want  map[iam.Set]string // what AWS does, by its documentation
}

var questions = []question{
	{"own row", map[iam.Set]string{iam.Article: answered, iam.Hardened: answered}},
	{"another tenant's row", map[iam.Set]string{iam.Article: denied, iam.Hardened: denied}},
	{"batch of both", map[iam.Set]string{iam.Article: denied, iam.Hardened: denied}},
	{"session without a tag", map[iam.Set]string{iam.Article: blind, iam.Hardened: refused}},
	{"session with a second tag", map[iam.Set]string{iam.Article: made, iam.Hardened: refused}},
	{"wrong secret", map[iam.Set]string{iam.Article: denied, iam.Hardened: denied}},
}

// account is an emulator with the policies of a set in place.
type account struct {
	*instance
	id      string
	set     iam.Set
	service aws.Credentials
}

// ask puts the policies of set in place, with a row of each tenant, and asks all questions. An error is none of an answer: the
// emulator could not be asked.
func ask(ctx context.Context, i *instance, set iam.Set) ([]answer, error) {
	a := &account{instance: i, set: set}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	session, got := a.session(ctx, ours)
	if i.noSessions {
		session = rootKey
	} else if got.did != made {
		without := answer{noSession, got.code}
		return []answer{without, without, without, a.untagged(ctx), a.doublyTagged(ctx), without}, nil
	}
	wrong := session
	wrong.SecretAccessKey = "wrong" + session.SecretAccessKey
	return []answer{
		a.read(ctx, session, ours), a.read(ctx, session, theirs), a.readBoth(ctx, session),
		a.untagged(ctx), a.doublyTagged(ctx), a.read(ctx, wrong, ours),
	}, nil
}

var rootKey = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

func (a *account) config(c aws.Credentials) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &a.URL, HTTPClient: &http.Client{Timeout: time.Minute},
		Credentials: credentials.StaticCredentialsProvider{Value: c},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} }, // the first answer is the answer
	}
}

func (a *account) prepare(ctx context.Context) error {
	root := a.config(rootKey)
	if err := provision.Table(ctx, root, trackings); err != nil {
		return err
	}
	for _, tenant := range []string{ours, theirs} {
		row := key(tenant)
		row["Place"] = &dynamodbtypes.AttributeValueMemberS{Value: "Hamburg"}
		if _, err := dynamodb.NewFromConfig(root).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(trackings), Item: row}); err != nil {
			return fmt.Errorf("put a row: %w", err)
		}
	}
	if a.noSessions {
		return nil
	}
	if err := a.putRoles(ctx, root); err != nil {
		return err
	}
	if err := a.startTask(ctx, root); err != nil {
		return fmt.Errorf("credentials of %s: %w", serviceRole, err)
	}
	if a.enforce != nil {
		return a.enforce(ctx)
	}
	return nil
}

// putRoles makes the two roles that read the table.
func (a *account) putRoles(ctx context.Context, root aws.Config) error {
	identity, err := sts.NewFromConfig(root).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	a.id = *identity.Account
	roles, err := iam.Load(a.set, localaws.Values{Region: region, Account: a.id, Bucket: "documents", Domain: "search"})
	if err != nil {
		return err
	}
	roles = slices.DeleteFunc(roles, func(r localaws.Role) bool { return r.Name != serviceRole && r.Name != accessRole })
	// The role that another one trusts comes first.
	slices.SortFunc(roles, func(r, s localaws.Role) int {
		if r.Name == serviceRole {
			return -1
		}
		return 1
	})
	return provision.Roles(ctx, root, roles, provision.Propagation{})
}

// startTask gets the credentials that the service runs with.
func (a *account) startTask(ctx context.Context, root aws.Config) (err error) {
	if a.instance.service != nil {
		a.service, err = a.instance.service(ctx, serviceRole)
		return err
	}
	caller := root
	if a.byUser {
		if caller, err = a.computeUser(ctx, root); err != nil {
			return err
		}
	}
	out, err := sts.NewFromConfig(caller).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(a.role(serviceRole)), RoleSessionName: aws.String("task")})
	if err == nil {
		a.service = sessionOf(out.Credentials)
	}
	return err
}

// computeUser makes a user, whom the service's role trusts in place of the compute service.
func (a *account) computeUser(ctx context.Context, root aws.Config) (aws.Config, error) {
	client, name := awsiam.NewFromConfig(root), aws.String("compute")
	user, err := client.CreateUser(ctx, &awsiam.CreateUserInput{UserName: name})
	if err != nil {
		return aws.Config{}, err
	}
	made, err := client.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		return aws.Config{}, err
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + aws.ToString(user.User.Arn) + `"},"Action":"sts:AssumeRole"}]}`
	_, err = client.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String(serviceRole), PolicyDocument: &trust})
	return a.config(aws.Credentials{AccessKeyID: aws.ToString(made.AccessKey.AccessKeyId), SecretAccessKey: aws.ToString(made.AccessKey.SecretAccessKey)}), err
}

func (a *account) role(name string) string { return "arn:aws:iam::" + a.id + ":role/" + name }

func sessionOf(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken)}
}

// session assumes the role that reads, as the service does for a tenant; no tenant: without a tag. more are other tags.
func (a *account) session(ctx context.Context, tenant string, more ...string) (aws.Credentials, answer) {
	if a.noSessions {
		return aws.Credentials{}, answer{did: noSessions}
	}
	in := &sts.AssumeRoleInput{RoleArn: aws.String(a.role(accessRole)), RoleSessionName: aws.String(ours + "@task")}
	if tenant != "" {
		in.Tags = []ststypes.Tag{{Key: aws.String(tenantTag), Value: &tenant}}
		if a.set == iam.Hardened {
			in.TransitiveTagKeys = []string{tenantTag}
		}
	}
	for _, key := range more {
		in.Tags = append(in.Tags, ststypes.Tag{Key: &key, Value: aws.String("yes")})
	}
	out, err := sts.NewFromConfig(a.config(a.service)).AssumeRole(ctx, in)
	if err != nil {
		return aws.Credentials{}, refusal(refused, err)
	}
	return sessionOf(out.Credentials), answer{did: made}
}

func (a *account) untagged(ctx context.Context) answer {
	session, got := a.session(ctx, "")
	if got.did != made {
		return got
	}
	if got := a.read(ctx, session, ours); got.did == denied {
		return answer{blind, got.code}
	}
	return answer{did: seeing}
}

func (a *account) doublyTagged(ctx context.Context) answer {
	_, got := a.session(ctx, ours, "Admin")
	return got
}

func key(tenant string) map[string]dynamodbtypes.AttributeValue {
	return map[string]dynamodbtypes.AttributeValue{
		"TenantID": &dynamodbtypes.AttributeValueMemberS{Value: tenant}, "ShipmentID": &dynamodbtypes.AttributeValueMemberS{Value: "1001"},
	}
}

func (a *account) read(ctx context.Context, c aws.Credentials, tenant string) answer {
	out, err := dynamodb.NewFromConfig(a.config(c)).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(trackings), Key: key(tenant)})
	if err != nil {
		return refusal(denied, err)
	}
	return found(out.Item)
}

func (a *account) readBoth(ctx context.Context, c aws.Credentials) answer {
	out, err := dynamodb.NewFromConfig(a.config(c)).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]dynamodbtypes.KeysAndAttributes{
		trackings: {Keys: []map[string]dynamodbtypes.AttributeValue{key(ours), key(theirs)}},
	}})
	if err != nil {
		return refusal(denied, err)
	}
	return found(slices.Concat(slices.Collect(maps.Values(out.Responses))...)...)
}

// found tells an answer with rows from an empty one.
func found(rows ...map[string]dynamodbtypes.AttributeValue) answer {
	for _, row := range rows {
		if len(row) > 0 {
			return answer{did: answered}
		}
	}
	return answer{did: "answered without rows"}
}

// refusal is did with the code of the error, or its status where the SDK reads no code. An error without an answer is no refusal.
func refusal(did string, err error) answer {
	if known, ok := errors.AsType[smithy.APIError](err); ok && known.ErrorCode() != "UnknownError" {
		return answer{did, known.ErrorCode()}
	}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return answer{did, fmt.Sprint("status ", response.HTTPStatusCode())}
	}
	return answer{did: "failed: " + err.Error()}
}
