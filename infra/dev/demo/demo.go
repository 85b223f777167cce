package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"example.com/shiptrack/infra/dev/fleet"
	"example.com/shiptrack/infra/dev/provision"
)

// What the demo is made of. The names are those of infra/iam and of infra/docs.
const (
	account  = provision.Account
	region   = "us-east-1"
	table    = provision.TableName
	audience = "shiptrack"
)

// startPatience bounds every wait for a part of the demo. It is generous: a slow laptop is not a failure.
const startPatience = 30 * time.Second

// demo is one run.
type demo struct {
	Settings
	out     io.Writer
	dir     string // logs, data and secrets of this run; removed at its end
	fleet   *fleet.Fleet
	started time.Time
	client  *http.Client
}

// runDemo starts everything, checks it, prints what to try, and waits until ctx is done (Ctrl-C), which is success.
// It fails where a port is taken, a part does not come up or dies, or isolation does not hold; then too,
// nothing is left running.
func runDemo(ctx context.Context, s Settings, out io.Writer) (err error) {
	if err := s.checkPorts(); err != nil {
		return err
	}
	bin, err := filepath.Abs(s.Bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "shiptrack-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{
		Settings: s, out: out, dir: dir, fleet: fleet.New(bin, dir), started: time.Now(),
		client: &http.Client{Timeout: 5 * time.Second},
	}
	defer d.fleet.Stop()
	err = d.run(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(out, "\nstopping")
		return nil
	}
	return err
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

// causeOf prefers the reason for which ctx was cancelled to the error that the cancellation led to.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// start brings every part up, in the order in which they need each other; what needs nobody starts at once.
func (d *demo) start(ctx context.Context) error {
	cursorKey := make([]byte, 32)
	rand.Read(cursorKey)
	if err := os.WriteFile(d.tokenFile(), []byte(rand.Text()), 0o600); err != nil {
		return err
	}
	for _, part := range []struct {
		name, binary string
		env          []string
		args         []string
	}{
		{"localaws", "localaws", d.awsEnv(), []string{"serve", "--listen", address(d.LocalawsPort),
			"--data", filepath.Join(d.dir, "data"), "--log", d.decisionLog()}},
		{"devissuer", "devissuer", d.baseEnv(), []string{"serve", "--listen", address(d.IssuerPort), "--audience", audience}},
		{"tracking-service", "tracking-service", d.trackingEnv(base64.StdEncoding.EncodeToString(cursorKey)), []string{"serve"}},
		{"shipment-service", "shipment-service", d.shipmentEnv(), []string{"serve"}},
	} {
		if err := d.fleet.Start(part.name, part.binary, part.env, part.args...); err != nil {
			return err
		}
	}
	d.step("localaws on %s: roles and policies of infra/iam, table %s, the rows of yellow, blue and green", address(d.LocalawsPort), table)
	if err := d.fleet.Once(ctx, "provision", "provision", d.awsEnv(), "--seed", filepath.Join(d.fleet.Bin, "tracking-service")); err != nil {
		return err
	}
	if err := d.fleet.Start("credentials", "localaws", d.awsEnv(), "credentials", "serve", "--role", "TrackingServiceRole",
		"--listen", address(d.CredentialsPort), "--token-file", d.tokenFile()); err != nil {
		return err
	}
	d.step("waiting for shipment-service to be ready")
	return d.await(ctx, "shipment-service", endpoint(d.ShipmentPort)+"/readyz")
}

// await polls url until it answers 200, and says what it answered last where it never does.
func (d *demo) await(ctx context.Context, name, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
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
