// Command localaws runs the local AWS endpoint that enforces IAM, and hands out the credentials of its
// roles to processes on this machine.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/infra/localaws"
)

type cli struct {
	Serve       serve       `cmd:"" help:"Run the endpoint until it is interrupted."`
	Credentials credentials `cmd:"" help:"Print or serve the credentials of a role."`
	Why         why         `cmd:"" help:"Explain why a request was denied or allowed."`
	Operations  operations  `cmd:"" help:"Print what localaws answers of each service."`
	Health      health      `cmd:"" help:"Exit 0 if the running localaws answers, 1 if not."`
	Pause       pause       `cmd:"" help:"Do nothing until it is interrupted. It holds a network that other containers share."`
	Version     version     `cmd:"" help:"Print the version."`
}

const description = `A local AWS endpoint that enforces IAM: it verifies every signature, vends STS sessions with tags, and decides each call of STS, IAM, DynamoDB, KMS, S3 and OpenSearch Service by the stored policies.

Examples:

  localaws serve --data ./data
      keeps tables and roles in ./data; point any AWS SDK at it with
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 and the root key test/test

  localaws serve --policies ./iam
      with your roles: ./iam/MyTaskRole/trust.json, ./iam/MyTaskRole/ReadOrders.json

  localaws credentials --role MyTaskRole
      as a credential_process of ~/.aws/config

  localaws credentials serve --role MyTaskRole --token-file token
      gives a service its role as ECS does

  localaws why REQUEST-ID
      explains why a request was denied

Environment: AWS_REGION (us-east-1) is the region; AWS_ENDPOINT_URL (http://127.0.0.1:4566) is where credentials, why and health look for the running localaws.`

func main() {
	ctx, stop := interruptible(context.Background())
	context.AfterFunc(ctx, func() { endAtOnce(stop) })
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// interruptible returns a context that ends with Ctrl-C, SIGTERM, and SIGHUP, which a terminal sends that is closed: temporary data are
// removed also then. What nohup started outlives its terminal.
func interruptible(ctx context.Context) (_ context.Context, stop context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, signals...)
}

// endAtOnce lets a second signal end the process at once, but not SIGHUP: where a terminal is closed, the shell sends it, and then the kernel.
func endAtOnce(stop context.CancelFunc) {
	signal.Ignore(syscall.SIGHUP)
	stop()
}

// run is the whole command; env looks up a variable as os.Getenv does.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	return execute(&cli{}, args, stdout, stderr, kong.Name("localaws"), kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true}),
		kong.Vars{"credentialsListen": defaultCredentialsListen, "searchDomain": localaws.DefaultSearchDomain},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(process{env: env, in: os.Stdin, out: stdout, err: stderr}))
}

// process is what a command sees of the world.
type process struct {
	env      func(string) string
	in       io.Reader
	out, err io.Writer
}

func (p process) region() string { return cmp.Or(p.env("AWS_REGION"), localaws.DefaultRegion) }

// endpoint is where a running localaws is looked for. The error does not repeat the variable, which may hold a password.
func (p process) endpoint() (string, error) {
	text := cmp.Or(p.env("AWS_ENDPOINT_URL"), "http://"+defaultListen)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Port() != "" && !isPort(u.Port()) {
		return "", usageError{errors.New("AWS_ENDPOINT_URL is not the URL of a server, such as http://127.0.0.1:4566")}
	}
	return text, nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// pause is what the pause container of an ECS task does: the containers of a task share its network, and
// keep it when one of them starts anew.
type pause struct{}

func (pause) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// operations prints the names of the operations that are served, a service and an operation a line.
type operations struct {
	Service string `arg:"" optional:"" help:"dynamodb, iam, kms, s3 or sts; without it, all of them."`
}

func (o operations) Run(p process) error {
	served := localaws.Operations()
	if o.Service != "" && served[o.Service] == nil {
		return usageError{fmt.Errorf("localaws names operations of dynamodb, iam, kms, s3 and sts, not of %q; what it answers of OpenSearch is in its documentation", o.Service)}
	}
	for _, service := range slices.Sorted(maps.Keys(served)) {
		if o.Service != "" && o.Service != service {
			continue
		}
		for _, name := range served[service] {
			if _, err := fmt.Fprintf(p.out, "%s %s\n", service, name); err != nil {
				return err
			}
		}
	}
	return nil
}

type version struct{}

func (version) Run(p process) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("the binary has no build information")
	}
	_, err := fmt.Fprintf(p.out, "localaws %s %s\n", cmp.Or(info.Main.Version, "(devel)"), info.GoVersion)
	return err
}
