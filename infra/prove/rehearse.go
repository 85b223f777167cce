package prove

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// rehearser is the role that stands for the caller of a rehearsal.
const rehearser = "ProveCaller"

// everything is the policy of a caller that may do all.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// Rehearsal is a run against an account that makes no call: a localaws in this process stands for the account.
type Rehearsal struct {
	Names           Names
	Account, Region string
	Policies        iam.Source
	Existing        bool
	Attacks         []*Attack        // of OnAWS: the services would need a network
	Policy          string           // of the caller; empty: it may do everything
	Called          func(CalledOnce) // is told each call, in order; nil: nobody
}

// CalledOnce is a call that the run makes, as IAM sees it: one request may need several permissions.
type CalledOnce struct {
	Action, Resource string
	By               string // ARN of a session; empty: the caller
	Denied           bool   // as it has to be
}

// CarryOut carries out the run.
func (r Rehearsal) CarryOut(ctx context.Context) (rows []Row, err error) {
	err = r.in(ctx, func(a *Account, roles []localaws.Role, log *rehearsed) error {
		log.begin(a.caller)
		rows, _, err = CarryOut(ctx, Target{Names: r.Names, Account: a}, roles, r.Attacks, "", func(int, int) {})
		return err
	})
	return rows, err
}

// Clean carries out what removes a run that was killed when it had made everything.
func (r Rehearsal) Clean(ctx context.Context) (found *Cleaned, err error) {
	err = r.in(ctx, func(a *Account, roles []localaws.Role, log *rehearsed) error {
		if _, err := accountWorld(ctx, a, roles); err != nil {
			return err
		}
		log.begin(a.caller)
		found, err = a.Clean(ctx, roles)
		return err
	})
	return found, err
}

// in runs do with a localaws as the account.
func (r Rehearsal) in(ctx context.Context, do func(*Account, []localaws.Role, *rehearsed) error) (err error) {
	dir, err := os.MkdirTemp("", "prove-")
	if err != nil {
		return err
	}
	log := &rehearsed{told: r.Called}
	server, err := localaws.New(localaws.Config{Data: dir, Account: r.Account, Region: r.Region, SearchDomain: r.Names.domain, Log: log, AllowedHosts: []string{host}})
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() { err = errors.Join(err, server.Close(), os.RemoveAll(dir)) }()
	a, roles, err := r.account(ctx, server)
	if err != nil {
		return err
	}
	return do(a, roles, log)
}

// account is server as an Account, with what is there before a run.
func (r Rehearsal) account(ctx context.Context, server *localaws.Server) (*Account, []localaws.Role, error) {
	a := &Account{names: r.Names, id: r.Account, caller: "arn:aws:sts::" + r.Account + ":assumed-role/" + rehearser + "/task", out: io.Discard, endpoints: map[string]endpoint{}}
	for _, service := range []string{"dynamodb", "sts", "iam", "kms", "s3", "localaws"} {
		a.endpoints[service] = endpoint{"http://" + host, r.Region}
	}
	callers := map[string]aws.Credentials{root: {AccessKeyID: "test", SecretAccessKey: "test"}}
	a.config = (&World{server: server, callers: callers}).config(root)
	a.config.Region = r.Region
	w := &World{names: r.Names, account: a, callers: callers}
	roles, err := a.Load(r.Policies)
	if err != nil {
		return nil, nil, err
	}
	there := []localaws.Role{{
		Name:     rehearser,
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "Caller", Document: []byte(cmp.Or(r.Policy, everything))}},
	}}
	if r.Existing {
		there = append(there, roles...)
		if err := errors.Join(provision.Table(ctx, a.config, a.localize(table)), provision.Bucket(ctx, a.config, a.localize(bucket))); err != nil {
			return nil, nil, err
		}
	}
	if err := server.PutRoles(there); err != nil {
		return nil, nil, err
	}
	if err := w.takeTask(ctx, rehearser); err != nil {
		return nil, nil, err
	}
	a.config.Credentials = static(w.callers[rehearser])
	if !r.Existing {
		return a, roles, nil
	}
	a.existing = &existing{map[string]aws.CredentialsProvider{}}
	for _, task := range []string{service, seedTask} {
		if !has(roles, r.Names.fill(task)) {
			continue
		}
		if err := w.takeTask(ctx, task); err != nil {
			return nil, nil, err
		}
		a.existing.tasks[task] = static(w.callers[task])
	}
	return a, roles, nil
}

func static(c aws.Credentials) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

// rehearsed tells the decisions of the log once the run has begun.
type rehearsed struct {
	mu     sync.Mutex
	told   func(CalledOnce)
	caller string
}

func (r *rehearsed) begin(caller string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caller = caller
}

// Write takes lines.
func (r *rehearsed) Write(lines []byte) (int, error) {
	entries, err := entriesOf(lines)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil || r.caller == "" {
		return len(lines), nil
	}
	for _, e := range entries {
		if e.Action == "" {
			continue // a refusal before a decision asked IAM nothing
		}
		c := CalledOnce{Action: e.Action, Resource: e.Resource, By: e.Principal, Denied: e.Decision == "deny"}
		if c.By == r.caller {
			c.By = ""
		}
		r.told(c)
	}
	return len(lines), nil
}

// String is the call as a line.
func (c CalledOnce) String() string {
	line := c.Action + " " + c.Resource
	if c.By != "" {
		line += " as " + c.By[strings.LastIndexByte(c.By, ':')+1:]
	}
	if c.Denied {
		line += ", which has to be denied"
	}
	return line
}

// InProcess is a localaws in this process as the SDK's clients reach it, as the account's root.
func InProcess(account, region string) (cfg aws.Config, closing func() error, err error) {
	dir, err := os.MkdirTemp("", "prove-")
	if err != nil {
		return cfg, nil, err
	}
	server, err := localaws.New(localaws.Config{Data: dir, Account: account, Region: region, AllowedHosts: []string{host}})
	if err != nil {
		return cfg, nil, errors.Join(err, os.RemoveAll(dir))
	}
	cfg = (&World{server: server, callers: map[string]aws.Credentials{root: {AccessKeyID: "test", SecretAccessKey: "test"}}}).config(root)
	cfg.Region = region
	return cfg, func() error { return errors.Join(server.Close(), os.RemoveAll(dir)) }, nil
}
