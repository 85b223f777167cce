package prove

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

const (
	// propagation bounds how long IAM may take until a change holds everywhere.
	propagation = 2 * time.Minute
	// settled is how many checks in a row must see a change before it counts as in force.
	settled = 3
)

// Account is an account of AWS, or of whatever answers at the endpoints of the SDK's own settings (AWS_ENDPOINT_URL,
// AWS_REGION, credentials). Its caller has to be allowed to make roles and tables, and to assume roles.
type Account struct {
	names     Names
	config    aws.Config
	id        string
	caller    string // ARN
	endpoints map[string]endpoint
	out       io.Writer // says what is waited for
	existing  *existing // nil: a run makes all that it attacks
}

// endpoint is where a service answers, and the region that its requests are signed for.
type endpoint struct{ url, region string }

// OpenAccount uses the SDK's own settings, without the metadata service of EC2. It refuses credentials of an account other
// than id. What it waits for is said to out.
func OpenAccount(ctx context.Context, names Names, id string, out io.Writer) (*Account, error) {
	cfg, caller, err := SignIn(ctx, id)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(caller, ":root") {
		return nil, fmt.Errorf("%s cannot assume roles: use a role or a user that may make roles and tables", caller)
	}
	a := &Account{names: names, config: cfg, id: id, caller: caller, out: out}
	a.endpoints, err = resolve(ctx, cfg)
	return a, err
}

// attempts is how often the SDK asks where IAM, STS or KMS throttle, with growing waits: up to a minute or so.
const attempts = 8

// SignIn loads the SDK's own settings, without the metadata service of EC2, and returns the ARN of who calls. It refuses credentials of an
// account other than id.
func SignIn(ctx context.Context, id string) (cfg aws.Config, caller string, err error) {
	cfg, err = config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled), config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return cfg, "", err
	}
	if cfg.HTTPClient == nil { // which each service's client would make for itself
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	if cfg.Region == "" {
		return cfg, "", errors.New("no region: set AWS_REGION")
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return cfg, "", fmt.Errorf("GetCallerIdentity, to find the account of the credentials: %w", withoutOutput(err))
	}
	if found := aws.ToString(who.Account); found != id {
		return cfg, "", fmt.Errorf("the credentials are of account %s, --account says %s: nothing was done", found, id)
	}
	return cfg, aws.ToString(who.Arn), nil
}

// withoutOutput is err without what a credential_process printed. The SDK repeats it where it is not JSON, with the secrets that it has.
func withoutOutput(err error) error {
	if failed, ok := errors.AsType[*processcreds.ProviderError](err); ok && strings.Contains(failed.Error(), "parse failed of process output") {
		return errors.New("the output of credential_process is not the JSON of credentials")
	}
	return err
}

// resolve asks the SDK where each service is.
func resolve(ctx context.Context, cfg aws.Config) (map[string]endpoint, error) {
	d, s, i := dynamodb.NewFromConfig(cfg).Options(), sts.NewFromConfig(cfg).Options(), awsiam.NewFromConfig(cfg).Options()
	all := map[string]endpoint{}
	var errs []error
	add := func(service string, e smithyendpoints.Endpoint, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("endpoint of %s: %w", service, err))
			return
		}
		found := endpoint{strings.TrimSuffix(e.URI.String(), "/"), cfg.Region}
		if options, ok := auth.GetAuthOptions(&e.Properties); ok {
			for _, option := range options {
				if region, ok := smithyhttp.GetSigV4SigningRegion(&option.SignerProperties); ok {
					found.region = cmp.Or(region, found.region)
				}
			}
		}
		all[service] = found
	}
	e, err := d.EndpointResolverV2.ResolveEndpoint(ctx, dynamodb.EndpointParameters{Region: &cfg.Region, Endpoint: d.BaseEndpoint})
	add("dynamodb", e, err)
	e, err = s.EndpointResolverV2.ResolveEndpoint(ctx, sts.EndpointParameters{Region: &cfg.Region, Endpoint: s.BaseEndpoint})
	add("sts", e, err)
	k, o := kms.NewFromConfig(cfg).Options(), s3.NewFromConfig(cfg).Options()
	e, err = k.EndpointResolverV2.ResolveEndpoint(ctx, kms.EndpointParameters{Region: &cfg.Region, Endpoint: k.BaseEndpoint})
	add("kms", e, err)
	e, err = o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{Region: &cfg.Region, Endpoint: o.BaseEndpoint, ForcePathStyle: aws.Bool(true)})
	add("s3", e, err)
	e, err = i.EndpointResolverV2.ResolveEndpoint(ctx, awsiam.EndpointParameters{Region: &cfg.Region, Endpoint: i.BaseEndpoint})
	add("iam", e, err)
	return all, errors.Join(errs...)
}

// Load returns the roles of policies for the account.
func (a *Account) Load(policies iam.Source) ([]localaws.Role, error) {
	return policies.Load(a.Values())
}

// Creates says what a run under roles creates in the account and deletes at its end.
func (a *Account) Creates(roles []localaws.Role) string {
	return fmt.Sprintf("in account %s, %s (%s), as %s, the tables %s, the bucket %s, %d KMS keys, and the roles %s with their inline policies and boundaries; all are deleted at the end, the keys after seven days",
		a.id, a.config.Region, a.endpoints["dynamodb"].url, a.caller, strings.Join(a.tables(), " and "), a.localize(bucket), len(aliases()), strings.Join(roleNames(roles), ", "))
}

// tables are those that a run makes.
func (a *Account) tables() []string { return []string{a.localize(table), "Billing"} }

func roleNames(roles []localaws.Role) []string {
	names := []string{other}
	for _, r := range roles {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}

// vacant refuses an account that already has a table, bucket, key or role of the attacks: they would change and then delete it.
func (a *Account) vacant(ctx context.Context, roles []localaws.Role) error {
	var there []string
	for _, name := range a.tables() {
		_, err := dynamodb.NewFromConfig(a.config).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if exists, err := present(err, "ResourceNotFoundException"); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		} else if exists {
			there = append(there, "table "+name)
		}
	}
	for _, name := range roleNames(roles) {
		_, err := awsiam.NewFromConfig(a.config).GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
		if exists, err := present(err, "NoSuchEntity"); err != nil {
			return fmt.Errorf("role %s: %w", name, err)
		} else if exists {
			there = append(there, "role "+name)
		}
	}
	for _, role := range roles {
		if role.Boundary == nil {
			continue
		}
		name := localaws.BoundaryName(role.Name)
		_, err := awsiam.NewFromConfig(a.config).GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::" + a.id + ":policy/" + name)})
		if exists, err := present(err, "NoSuchEntity"); err != nil {
			return fmt.Errorf("policy %s: %w", name, err)
		} else if exists {
			there = append(there, "policy "+name)
		}
	}
	stores, err := a.storesThere(ctx)
	if err != nil {
		return err
	}
	if there = append(there, stores...); len(there) > 0 {
		return fmt.Errorf("account %s has what the attacks would make, change and delete: %s; take another account, or, if a killed run left them behind, remove them with: prove clean --account %s",
			a.id, strings.Join(there, ", "), a.id)
	}
	return nil
}

// present reports whether something exists, given the error of a request for it and the code that means absence.
func present(err error, absence string) (bool, error) {
	if failure, ok := errors.AsType[smithy.APIError](err); ok && failure.ErrorCode() == absence {
		return false, nil
	}
	return err == nil, err
}

// clear deletes what a run made; something already deleted is no error. Ctrl-C must not end its context.
func (a *Account) clear(ctx context.Context, roles []localaws.Role) error {
	ctx, cancel := context.WithTimeout(ctx, propagation)
	defer cancel()
	var errs []error
	for _, name := range a.tables() {
		_, err := dynamodb.NewFromConfig(a.config).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		if _, err := present(err, "ResourceNotFoundException"); err != nil {
			errs = append(errs, fmt.Errorf("delete table %s: %w", name, err))
		}
	}
	errs = append(errs, a.clearStores(ctx))
	for _, name := range roleNames(roles) {
		if err := provision.DeleteRole(ctx, a.config, name); err != nil {
			errs = append(errs, fmt.Errorf("delete role %s: %w", name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w\nnot all is deleted of what the run made in account %s: prove clean --account %s removes what is left of the tables %s, the bucket %s, the keys of the aliases %s, and the roles %s with the policies that are their boundaries",
			err, a.id, a.id, strings.Join(a.tables(), " and "), a.localize(bucket), strings.Join(aliases(), ", "), strings.Join(roleNames(roles), ", "))
	}
	return nil
}

// admit makes the roles of tasks trust the caller too: otherwise only a compute service could start a task.
func (a *Account) admit(role localaws.Role) (localaws.Role, error) {
	if !slices.Contains([]string{a.names.fill(service), a.names.fill(seedTask), other}, role.Name) {
		return role, nil
	}
	var trust struct{ Version, Statement any }
	if err := json.Unmarshal(role.Trust, &trust); err != nil {
		return role, err
	}
	statements, several := trust.Statement.([]any)
	if !several {
		statements = []any{trust.Statement}
	}
	trust.Statement = append(statements, map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": a.caller}, "Action": "sts:AssumeRole"})
	var err error
	role.Trust, err = json.Marshal(trust)
	return role, err
}

// environ is what a process needs to reach the same endpoints. The domain of OpenSearch Service is the user's; where another
// endpoint stands for all of AWS, it is there too.
func (a *Account) environ() []string {
	all := []string{"AWS_REGION=" + a.config.Region, "OPENSEARCH_ENDPOINT=" + cmp.Or(os.Getenv("OPENSEARCH_ENDPOINT"), os.Getenv("AWS_ENDPOINT_URL"))}
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "AWS_ENDPOINT_URL") || strings.HasPrefix(v, "AWS_CA_BUNDLE=") || strings.HasPrefix(v, "AWS_USE_") {
			all = append(all, v)
		}
	}
	return all
}

// localize fills a text with the names, and replaces localaws' account and region in it by those of this account.
func (a *Account) localize(text string) string {
	pairs := []string{account, a.id, region, a.config.Region}
	if a.existing != nil {
		pairs = append(pairs, ownNames()...)
	}
	return strings.NewReplacer(pairs...).Replace(a.names.fill(text))
}
