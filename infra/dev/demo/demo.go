package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/shiptrack/infra/dev/fleet"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/pkg/command"
)

// What the demo is made of. The names are those of infra/iam and of infra/docs.
const (
	account  = provision.Account
	table    = provision.TableName
	bucket   = provision.BucketName
	audience = "shiptrack"
)

// startPatience bounds every wait for a part of the demo. It is long, so that a slow laptop does not fail.
const startPatience = 30 * time.Second

// demo is one run.
type demo struct {
	Settings
	policies iam.Source
	out      io.Writer
	dir      string // logs, data and secrets of this run; removed at its end
	fleet    *fleet.Fleet
	started  time.Time
	client   *http.Client
}

// runDemo starts everything, checks it, prints what to try, and waits until ctx is done (Ctrl-C), which is success.
// It fails where a port is taken, a part does not come up or dies, or isolation does not hold. After a failure
// too, no process is left running, but the logs stay.
func runDemo(ctx context.Context, s Settings, out io.Writer) error {
	bin, noBinaries := s.binaries()
	policies, noPolicies := openPolicies(s)
	if err := errors.Join(s.checkPorts(), s.checkWithout(), s.checkLimits(), noBinaries, noPolicies); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "shiptrack-demo-")
	if err != nil {
		return err
	}
	d := &demo{
		Settings: s, policies: policies, out: out, dir: dir, fleet: fleet.New(bin, dir), started: time.Now(),
		client: &http.Client{Timeout: 5 * time.Second},
	}
	err = d.run(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(out, "\nstopping")
		err = nil
	}
	d.fleet.Stop()
	return d.tidy(err)
}

// tidy removes all that this run wrote; where it failed, not its logs.
func (d *demo) tidy(failure error) error {
	if d.Without != "" { // without it the name would be .env, which may be the user's
		if err := os.Remove(d.envFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(failure, err)
		}
	}
	if failure == nil {
		return os.RemoveAll(d.dir)
	}
	entries, err := os.ReadDir(d.dir)
	for _, entry := range entries {
		if ext := filepath.Ext(entry.Name()); ext != ".log" && ext != ".jsonl" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(d.dir, entry.Name())))
		}
	}
	return errors.Join(fmt.Errorf("%w\nthe logs of all parts, and every IAM decision, are kept in %s", failure, d.dir), err)
}

// binaries is the folder of the binaries, as an absolute path.
func (s Settings) binaries() (string, error) {
	bin, err := filepath.Abs(s.Bin)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(bin, "localaws")); err != nil {
		return "", command.Misconfigured(fmt.Errorf("there are no binaries in %q: make build makes them, or say where they are with --bin", s.Bin))
	}
	return bin, nil
}

// openPolicies reads the policies, and refuses those that provision would refuse: provision reads a copy, so its
// error would name the wrong folder.
func openPolicies(s Settings) (iam.Source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return iam.Source{}, err
	}
	policies, err := iam.Open(s.Policies, dir)
	if err != nil {
		return policies, command.Misconfigured(fmt.Errorf("--policies: %w", err))
	}
	return policies, command.Misconfigured(provision.Demonstration{Region: s.Region, Policies: policies}.Check())
}

func (d *demo) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		select {
		case p := <-d.fleet.Died:
			err := p.DiedError()
			cancel(err)
			ended <- err
		case <-ctx.Done():
			ended <- nil
		}
	}()
	if err := d.start(ctx); err != nil {
		return causeOf(ctx, err)
	}
	first, err := d.firstETA(ctx)
	if err != nil {
		return causeOf(ctx, err)
	}
	report, err := d.check(ctx)
	if err != nil {
		return causeOf(ctx, err)
	}
	d.banner(first, report)
	return <-ended
}

// causeOf returns the reason why ctx was cancelled, if there is one: err is then only a consequence of it.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// part is a process of the demo that needs no other to start.
type part struct {
	name     string // of its binary too
	settings []string
	args     []string
}

func (d *demo) parts() []part {
	return []part{
		{"localaws", d.awsSettings(), []string{"serve", "--listen", address(d.LocalawsPort), "--data", filepath.Join(d.dir, "data"), "--log", d.decisionLog()}},
		{"devissuer", nil, []string{"serve", "--listen", address(d.IssuerPort), "--audience", audience}},
		{"tracking-service", d.trackingSettings(), []string{"serve"}},
		{"shipment-service", d.shipmentSettings(), []string{"serve"}},
	}
}

// start starts every part. Parts that need no other part start at once, the rest in the order of their dependencies.
func (d *demo) start(ctx context.Context) error {
	if err := errors.Join(d.writeSecrets(), d.writeLimits()); err != nil {
		return err
	}
	var leftOut []string
	for _, p := range d.parts() {
		if p.name == d.Without {
			leftOut = p.settings
		} else if err := d.fleet.Start(p.name, p.name, append(d.baseEnv(), p.settings...), p.args...); err != nil {
			return err
		}
	}
	d.step("localaws on %s: roles and policies of %s, table %s, bucket %s", address(d.LocalawsPort), d.policies.Name, table, bucket)
	if err := d.provision(ctx); err != nil {
		return err
	}
	if err := d.fleet.Start("credentials", "localaws", d.awsEnv(), "credentials", "serve", "--role", "TrackingServiceRole",
		"--listen", address(d.CredentialsPort), "--token-file", d.tokenFile()); err != nil {
		return err
	}
	if d.Without != "" {
		if err := d.leaveOut(ctx, leftOut); err != nil {
			return err
		}
	}
	d.step("waiting for shipment-service to be ready")
	return d.awaitReady(ctx)
}

// writeSecrets makes the token that the credentials endpoint and its one client share, and the key of the page cursors.
func (d *demo) writeSecrets() error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return errors.Join(os.WriteFile(d.tokenFile(), []byte(rand.Text()), 0o600),
		os.WriteFile(d.cursorKeyFile(), []byte(base64.StdEncoding.EncodeToString(key)), 0o600))
}

// writeLimits puts the limits where both services find them, even if the user's file is edited meanwhile.
func (d *demo) writeLimits() error {
	limits, err := provision.Limits, error(nil)
	if d.Limits != "" {
		limits, err = os.ReadFile(d.Limits)
	}
	return errors.Join(err, os.WriteFile(d.limitsFile(), limits, 0o600))
}

// provision creates roles, table and rows, and prints which tenants have rows.
func (d *demo) provision(ctx context.Context) error {
	// A copy: the demo enforces the policies that the banner names, even if the files are edited meanwhile.
	policies := filepath.Join(d.dir, "policies")
	if err := d.policies.Copy(policies); err != nil {
		return err
	}
	if err := d.fleet.Once(ctx, "provision", "provision", d.awsEnv(), "--policies", policies, "--seed", filepath.Join(d.fleet.Bin, "tracking-service")); err != nil {
		return err
	}
	said, err := os.ReadFile(d.fleet.Log("provision"))
	for line := range strings.Lines(string(said)) {
		if strings.HasPrefix(line, "seeded ") {
			d.step("%s", strings.TrimSpace(line))
		}
	}
	return err
}

// await polls url until it answers 200, or ctx ends; then it says what it answered last.
func (d *demo) await(ctx context.Context, name, url string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	last := "nothing"
	for {
		if status, body, err := d.get(ctx, url, ""); err == nil && status == http.StatusOK {
			return nil
		} else if err == nil {
			last = fmt.Sprintf("%d %s", status, body)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %s answered %s", name, url, last)
		case <-tick.C:
		}
	}
}

func (d *demo) step(format string, args ...any) {
	fmt.Fprintf(d.out, "  "+format+"\n", args...)
}
