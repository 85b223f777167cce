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
	"strings"
	"time"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/pkg/command"
)

// awaitInterval is how often localaws is asked whether it is ready yet.
const awaitInterval = 50 * time.Millisecond

// put are the flags of both commands.
type put struct {
	Endpoint  string        `default:"http://127.0.0.1:4566" env:"AWS_ENDPOINT_URL" placeholder:"URL" help:"Where localaws is (${default})."`
	Region    string        `default:"us-east-1" env:"AWS_REGION" placeholder:"REGION" help:"Region of localaws (${default})."`
	Policies  string        `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to put in place: those of a set in infra/iam of the checkout that you are in (${default}), or a folder that holds one folder per role."`
	Seed      string        `placeholder:"BINARY" help:"Binary of the tracking service, whose seed writes the rows. Without it none are written."`
	CursorKey string        `placeholder:"FILE" help:"Make this file with a random key for CURSOR_KEY_FILE of the tracking service, where it is missing."`
	Patience  time.Duration `default:"60s" help:"How long localaws, and what is behind it, may take to be ready, and IAM to know what was just made (${default})."`
}

// Run puts all in place once.
func (p put) Run(ctx context.Context, out io.Writer) error {
	d, err := p.demonstration(out)
	if err != nil {
		return command.Misconfigured(err)
	}
	if d.Policies.Embedded {
		fmt.Fprintln(out, "provision: no checkout of Shiptrack here, so the policies are those that this binary was built with")
	}
	if err := makeKey(p.CursorKey); err != nil {
		return fmt.Errorf("--cursor-key: %w", err)
	}
	wait, cancel := context.WithTimeout(ctx, p.Patience)
	defer cancel()
	if err := p.await(wait, out); err != nil {
		return err
	}
	d.Wait = provision.Propagation{Within: p.Patience, Out: out}
	return d.Put(ctx)
}

// demonstration reads the policies, and refuses those that cannot be put.
func (p put) demonstration(out io.Writer) (provision.Demonstration, error) {
	d := provision.Demonstration{Endpoint: strings.TrimSuffix(p.Endpoint, "/"), Region: p.Region, Seed: p.Seed, Out: out}
	dir, err := os.Getwd()
	if err != nil {
		return d, err
	}
	if d.Policies, err = iam.Open(p.Policies, dir); err != nil {
		return d, fmt.Errorf("--policies: %w", err)
	}
	return d, d.Check()
}

// await returns nil once localaws is ready, or an error that says why it is not.
func (p put) await(ctx context.Context, out io.Writer) error {
	tick := time.NewTicker(awaitInterval)
	defer tick.Stop()
	for said := ""; ; {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("localaws at %s is not ready: %s (start it, or name its URL in AWS_ENDPOINT_URL)", p.Endpoint, said)
		case <-tick.C:
		}
		// The end of the patience says less than what was said before.
		if cut := errors.Is(err, context.DeadlineExceeded) && said != ""; !cut && err.Error() != said {
			said = err.Error()
			fmt.Fprintf(out, "provision: waiting for localaws at %s: %s\n", p.Endpoint, said)
		}
	}
}

// ready asks GET /_localaws/ready. Its answer covers the endpoint behind a gateway too, and it writes no line to
// the decision log.
func (p put) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(p.Endpoint, "/")+"/_localaws/ready", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // a part of it is better than none
		return fmt.Errorf("localaws answers %s %s", response.Status, strings.TrimSpace(string(said)))
	}
	return nil
}

// makeKey makes the file of a cursor key, readable by its owner alone. A file that exists is left as it is.
func makeKey(file string) error {
	if file == "" {
		return nil
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key))
	return errors.Join(err, f.Close())
}
