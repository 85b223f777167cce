package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// The account of localaws, and the table and the bucket that the policies of infra/iam name.
const (
	Account    = "000000000000"
	TableName  = "TrackingData"
	BucketName = "shiptrack-" + Account
)

var regionPattern = regexp.MustCompile(`^[a-z]{2}[a-z0-9-]{1,30}$`)

// Demonstration is what make demo and Docker Compose show: roles, the table, the bucket, and the keys, indexes, rows and documents
// of the demonstration's tenants, on localaws. It acts as localaws' root.
type Demonstration struct {
	Endpoint string      // base URL of localaws: "http://127.0.0.1:4566"
	Region   string      // that of localaws
	Policies iam.Source  // of the roles
	Seed     string      // the tracking service's binary, which writes rows and documents; empty: none are written
	Out      io.Writer   // says what is being done
	Wait     Propagation // of the roles; the zero Propagation for a localaws that nothing stands in front of
}

// Put creates roles, table, bucket, keys, rows and documents, or corrects those that exist. It can be called any number of times.
func (d Demonstration) Put(ctx context.Context) error {
	fmt.Fprintf(d.Out, "provision: roles and policies of %s, table %s, bucket %s, search indexes\n", d.Policies, TableName, BucketName)
	if err := d.PutRoles(ctx); err != nil {
		return err
	}
	return d.PutRows(ctx)
}

// Check returns an error where the policies cannot be put. It sends no request.
func (d Demonstration) Check() error {
	if !regionPattern.MatchString(d.Region) {
		return fmt.Errorf("AWS_REGION: %q is not the name of a region, such as us-east-1", d.Region)
	}
	_, err := d.load(d.Policies)
	return err
}

// PutRoles puts the roles of d.Policies. A role of the earlier policies that d.Policies does not have is deleted.
func (d Demonstration) PutRoles(ctx context.Context, earlier ...iam.Source) error {
	roles, err := d.load(d.Policies)
	if err != nil {
		return err
	}
	if err := Roles(ctx, d.config(), roles, d.Wait); err != nil {
		return err
	}
	for _, policies := range earlier {
		before, err := d.load(policies)
		if err != nil {
			return err
		}
		for _, role := range before {
			if has(roles, role.Name) {
				continue
			}
			if err := DeleteRole(ctx, d.config(), role.Name); err != nil {
				return fmt.Errorf("delete role %s: %w", role.Name, err)
			}
		}
	}
	return nil
}

// PutRows makes the table, the bucket, and the tenants' keys and indexes, and writes the rows and the documents. The tracking service's own
// code writes them, in the role TrackingSeedTaskRole, which it gets as ECS gives a task its role: that process never has root's
// credentials.
func (d Demonstration) PutRows(ctx context.Context) error {
	if err := d.putStores(ctx); err != nil || d.Seed == "" {
		return err
	}
	if err := d.register(ctx); err != nil {
		return err
	}
	if err := d.putSeedRoles(ctx); err != nil {
		return err
	}
	fmt.Fprintln(d.Out, "provision: seeding the demonstration's tenants under TrackingSeedRole")
	return d.Wait.until(ctx, func() error { return d.seed(ctx) })
}

// register tells bin/tenants of the demonstration's tenants.
func (d Demonstration) register(ctx context.Context) error {
	all, err := d.tenants(ctx)
	if err != nil {
		return err
	}
	customers := slices.DeleteFunc(all, tenant.ID.IsReserved)
	return tenants.Register(ctx, dynamodb.NewFromConfig(d.config()), TableName, customers...)
}

// putStores makes what rows, documents and what they are found by are stored in.
func (d Demonstration) putStores(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return Table(ctx, d.config(), TableName) })
	group.Go(func() error { return Bucket(ctx, d.config(), BucketName) })
	group.Go(func() error {
		all, err := d.tenants(ctx)
		if err != nil {
			return err
		}
		group.Go(func() error { return Indexes(ctx, d.config(), d.Endpoint, all...) })
		return TenantKeys(ctx, d.config(), all...)
	})
	return group.Wait()
}

// tenants are those that the seed knows, and the two of the isolation check, which stores an object and searches an index of its own.
func (d Demonstration) tenants(ctx context.Context) ([]tenant.ID, error) {
	a, b := tenant.IsolationCheck()
	all := []tenant.ID{a, b}
	if d.Seed == "" {
		return all, nil
	}
	cmd := exec.CommandContext(ctx, d.Seed, "seed", "--tenants")
	cmd.Stderr = d.Out
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s seed --tenants: %w", d.Seed, err)
	}
	for name := range strings.FieldsSeq(string(said)) {
		id, err := tenant.Parse(name)
		if err != nil {
			return nil, fmt.Errorf("%s seed --tenants: %w", d.Seed, err)
		}
		all = append(all, id)
	}
	return all, nil
}

func (d Demonstration) load(policies iam.Source) ([]localaws.Role, error) {
	return policies.Load(localaws.Values{Region: d.Region, Account: Account, Bucket: BucketName})
}

// putSeedRoles puts the roles that write the rows, where the set has none, as the article's set. They are then those of
// the hardened set that the binary was built with.
func (d Demonstration) putSeedRoles(ctx context.Context) error {
	roles, err := d.load(d.Policies)
	if err != nil {
		return err
	}
	embedded, err := iam.Embedded(iam.Hardened)
	if err != nil {
		return err
	}
	hardened, err := d.load(embedded)
	if err != nil {
		return err
	}
	for _, role := range hardened {
		if !slices.Contains(seedRoles, role.Name) || has(roles, role.Name) {
			continue
		}
		fmt.Fprintf(d.Out, "provision: %s has no %s, which writes the rows: that of %s is used\n", d.Policies.Name, role.Name, embedded.Name)
		if err := Roles(ctx, d.config(), []localaws.Role{role}, d.Wait); err != nil {
			return err
		}
	}
	return nil
}

// seedRoles write the rows: the role of the task, and the one that it assumes for each tenant.
var seedRoles = []string{"TrackingSeedTaskRole", "TrackingSeedRole"}

func has(roles []localaws.Role, name string) bool {
	return slices.ContainsFunc(roles, func(r localaws.Role) bool { return r.Name == name })
}

// InPlace reports whether table, bucket and indexes are there: the endpoint behind a gateway may keep them in memory.
func (d Demonstration) InPlace(ctx context.Context) (bool, error) {
	_, err := s3Client(d.config()).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(BucketName)})
	if _, missing := errors.AsType[*s3types.NotFound](err); missing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = dynamodb.NewFromConfig(d.config()).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(TableName)})
	if _, missing := errors.AsType[*dynamodbtypes.ResourceNotFoundException](err); missing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	first, _ := tenant.IsolationCheck() // whose index is made together with the others
	return tenants.HasIndex(ctx, opensearch.New(d.config(), d.Endpoint), first)
}

func (d Demonstration) config() aws.Config {
	return aws.Config{
		Region: d.Region, BaseEndpoint: aws.String(d.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// seed runs the tracking service's seed beside a container-credentials endpoint of its own.
func (d Demonstration) seed(ctx context.Context) error {
	task, err := localaws.StartTaskCredentials(localaws.TaskCredentialsConfig{Endpoint: d.Endpoint, Region: d.Region, Role: "TrackingSeedTaskRole"})
	if err != nil {
		return err
	}
	defer func() { _ = task.Close() }()

	cmd := exec.CommandContext(ctx, d.Seed, "seed")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = d.Out, io.MultiWriter(d.Out, &said)
	cmd.Env = append(task.Environment(), "OPENSEARCH_ENDPOINT="+d.Endpoint,
		"PATH="+os.Getenv("PATH"), "AWS_REGION="+d.Region, "AWS_ENDPOINT_URL="+d.Endpoint, "AWS_EC2_METADATA_DISABLED=true",
		"TRACKING_TABLE="+TableName, "DOCUMENTS_BUCKET="+BucketName, "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::"+Account+":role/TrackingSeedRole", "INSTANCE_ID=seed",
	)
	if err = cmd.Run(); err == nil {
		return nil
	}
	if err = fmt.Errorf("%s seed: %w", d.Seed, err); bytes.Contains(said.Bytes(), []byte("AccessDenied")) {
		return notYet{err} // until IAM knows the roles that it needs
	}
	return err
}
