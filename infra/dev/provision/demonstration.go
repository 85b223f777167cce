package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// The account of localaws, and the table that infra/iam/hardened speaks of.
const (
	Account   = "000000000000"
	TableName = "TrackingData"
)

// Demonstration is what make demo and Docker Compose show: the hardened roles, the table, and the rows of
// the demonstration's tenants, on localaws. It acts as localaws' root.
type Demonstration struct {
	Endpoint string    // base URL of localaws: "http://127.0.0.1:4566"
	Region   string    // that of localaws
	Seed     string    // the tracking service's binary, which writes the rows; empty: none are written
	Out      io.Writer // says what is being done
}

// Put brings roles, table and rows to what they should be, however often it is called. The rows are written
// by the tracking service's own code in the role of a task, TrackingSeedTaskRole, which it gets as ECS gives
// it to a task: nothing of root's reaches that process.
func (d Demonstration) Put(ctx context.Context) error {
	roles, err := iam.Load(iam.Hardened, localaws.Values{Region: d.Region, Account: Account, Bucket: "shiptrack-" + Account})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "provision: roles and policies of infra/iam/hardened, table %s\n", TableName)
	if err := Roles(ctx, d.config(), roles); err != nil {
		return err
	}
	if err := Table(ctx, d.config(), TableName); err != nil {
		return err
	}
	if d.Seed == "" {
		return nil
	}
	fmt.Fprintln(d.Out, "provision: seeding the demonstration's tenants under TrackingSeedRole")
	return d.seed(ctx)
}

// InPlace reports whether the table is there: the endpoint behind a gateway may keep it in memory.
func (d Demonstration) InPlace(ctx context.Context) (bool, error) {
	_, err := dynamodb.NewFromConfig(d.config()).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(TableName)})
	if _, missing := errors.AsType[*dynamodbtypes.ResourceNotFoundException](err); missing {
		return false, nil
	}
	return err == nil, err
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
	cmd.Stdout, cmd.Stderr = d.Out, d.Out
	cmd.Env = append(task.Environment(),
		"PATH="+os.Getenv("PATH"), "AWS_REGION="+d.Region, "AWS_ENDPOINT_URL="+d.Endpoint, "AWS_EC2_METADATA_DISABLED=true",
		"TRACKING_TABLE="+TableName, "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::"+Account+":role/TrackingSeedRole", "INSTANCE_ID=seed",
	)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s seed: %w", d.Seed, err)
	}
	return nil
}
