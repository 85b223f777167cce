package tenants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/pkg/tenant"
)

// SessionRoles are the roles of tenants' sessions: their boundaries suspend and revoke.
var SessionRoles = []string{"TrackingAccessRole", "TrackingWriteRole", "TrackingSeedRole"}

// MaxSession is how long a session lasts at most: the maximum of the roles, and of role chaining.
const MaxSession = time.Hour

// Config is what a Control needs; all of it but Wait and Progress must be set.
type Config struct {
	AWS     aws.Config // region, endpoint, credentials of TrackingTenantsRole
	Account string     // twelve digits
	Search  string     // URL of the domain of OpenSearch Service
	Table   string
	Bucket  string
	// Wait waits; nil: in real time.
	Wait func(context.Context, time.Duration) error
	// Progress is told how many of what a removal has deleted so far; nil: nobody is told.
	Progress func(what string, n int)
}

// Control carries out the commands. It is safe for concurrent use.
type Control struct {
	config Config
	table  *dynamodb.Client
	bucket *s3.Client
	keys   *kms.Client
	iam    *awsiam.Client
	search opensearch.Client
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// New returns a Control.
func New(config Config) (*Control, error) {
	if !accountID.MatchString(config.Account) || cmp.Or(config.Search, config.Table, config.Bucket) == "" || config.AWS.Credentials == nil {
		return nil, errors.New("tenants: New needs an account of twelve digits, the domain, the table, the bucket and credentials")
	}
	if config.Wait == nil {
		config.Wait = wait
	}
	if config.Progress == nil {
		config.Progress = func(string, int) {}
	}
	return &Control{
		config: config, table: dynamodb.NewFromConfig(config.AWS), keys: kms.NewFromConfig(config.AWS), iam: awsiam.NewFromConfig(config.AWS),
		bucket: s3.NewFromConfig(config.AWS, func(o *s3.Options) { o.UsePathStyle = true }), search: opensearch.New(config.AWS, config.Search),
	}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Errors by what is to be done; each is wrapped with the tenant.
var (
	// ErrUnknown: there is no such tenant.
	ErrUnknown = errors.New("there is no such tenant: add it, or look for its id in list")
	// ErrRemoved: the tenant was removed; its id is never given again.
	ErrRemoved = errors.New("it was removed, and an id is never given to a second tenant: take another")
	// ErrRemoving: a removal has begun and is not finished.
	ErrRemoving = errors.New("its removal has begun: finish it with remove")
	// ErrBusy: another run changes the same tenant.
	ErrBusy = errors.New("another run changes it at this moment: look what that does, then run the same command again")
)

// ErrReserved is the error of an id that the services keep for themselves.
var ErrReserved = errors.New("it is reserved for the isolation check")

// ParseID returns a tenant's id, or what is wrong with text.
func ParseID(text string) (tenant.ID, error) {
	for a, b := tenant.IsolationCheck(); text == a.String() || text == b.String(); {
		return tenant.ID{}, fmt.Errorf("%s: %w", text, ErrReserved)
	}
	id, err := tenant.Parse(text)
	if err != nil {
		return tenant.ID{}, fmt.Errorf("%q: %w", text, err)
	}
	return id, nil
}

// about gives an error the tenant that it is about; nil stays nil.
func about(id tenant.ID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("tenant %s: %w", id, err)
}
