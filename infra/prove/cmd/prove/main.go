// Command prove attacks localaws with the project's own policies, and shows that each attack is denied beside a control
// that is allowed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Run     attack  `cmd:"" default:"withargs" help:"Attack, and print a row for each attack (what prove alone does)."`
	Explain explain `cmd:"" help:"Say whether the policies allow a request, and why not."`
}

type attack struct {
	Policies string `enum:"hardened,article" default:"hardened" help:"Policy set: hardened (what everything uses), or article (the AWS article's own text)."`
	Target   string `enum:"embedded,localstack,dynamodb-local,aws" default:"embedded" help:"What is attacked: embedded (localaws in this process), localstack or dynamodb-local (behind it, in Docker), or aws."`
	Account  string `placeholder:"ID" help:"For --target aws: the account that may be used. Any other is refused."`
	Only     string `placeholder:"PREFIX" help:"Only the attacks whose names begin so, such as dynamodb/ or sts/no-tag."`
	Quick    bool   `help:"Only attack: neither mutate the policies to see that the attacks would notice, nor search."`
	Requests int    `default:"100000" placeholder:"N" help:"How many random requests to search with (${default})."`
	Seed     uint64 `placeholder:"N" help:"Search with the requests of an earlier run, which printed its seed (0: another each time)."`
	Bin      string `placeholder:"DIR" help:"Where the binaries of the services are (the folder of this one)."`
	JSON     bool   `name:"json" help:"Print the figures as JSON in place of the table."`
	Markdown string `placeholder:"FILE" help:"Write a report that can be handed to an auditor."`
	Out      string `placeholder:"DIR" help:"Write prove.json and prove.xml (JUnit) into this folder."`
}

const description = `Attack tenant isolation with the policies of infra/iam: forged tokens and smuggled tenants against both services, tags and trust at STS, signatures, every operation of DynamoDB, and by evaluation the policies of OpenSearch, S3 and KMS. Each attempt stands beside a control that differs in one thing. Then each policy file is mutated, to see that an attack would notice, and random requests are made.

Examples:

  prove
      a row for each attack: denied or not, by what

  prove --policies article
      what the article's own policies let through; exits with 1

  prove --requests 1000000 --markdown report.md
      search longer, and write a report

  prove --target localstack
      the same attacks with LocalStack behind localaws, in Docker

  prove --target aws --account 123456789012
      the same attacks in an account: at the endpoints, in the region and with the credentials of the AWS SDK's settings; it says what it makes, and deletes it

  prove --only dynamodb/

  prove explain --principal arn:aws:iam::000000000000:role/TrackingAccessRole --tag TenantID=yellow \
      --action dynamodb:GetItem --resource arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData --context dynamodb:LeadingKeys=blue

It exits with 0 only if every attack was denied, by the layer that has to deny it, and every control allowed.`

// collection trades some tens of megabytes for a quarter of the time of a search, unless GOGC says otherwise.
const collection = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collection)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("prove"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams{stdout, stderr}))
}

type streams struct{ out, err io.Writer }

// Run is called by kong.
func (c attack) Run(ctx context.Context, std streams) (err error) {
	if c.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c.Bin = filepath.Dir(self)
	}
	var attacks []*prove.Attack
	for _, a := range prove.Attacks() {
		if strings.HasPrefix(a.Name, c.Only) {
			attacks = append(attacks, a)
		}
	}
	if len(attacks) == 0 {
		return command.Misconfigured(fmt.Errorf("--only %s: no attack begins so", c.Only))
	}
	target, roles, closing, err := c.open(ctx, std.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	all := len(attacks)
	attacks = slices.DeleteFunc(attacks, func(a *prove.Attack) bool { return !target.Has(a) })
	fmt.Fprintf(std.err, "prove: %d attacks on the %s policies (%s), each beside its control\n", len(attacks), c.Policies, c.Target)
	rows, audit, err := prove.CarryOut(ctx, target, roles, attacks, c.Bin, progress(std.err, "attacks"))
	if err != nil {
		return err
	}
	report := &prove.Report{Set: c.Policies, Target: c.Target, Rows: rows, Left: all - len(attacks), Audit: audit}
	switch {
	case c.whole() && !report.Holds():
		fmt.Fprintln(std.err, "prove: neither mutants nor a search: every attack has to be denied first")
	case c.whole():
		if report.Mutations, err = prove.Mutations(ctx, roles, attacks, progress(std.err, "mutants of the policies")); err != nil {
			return err
		}
		if report.Search, err = c.search(ctx, roles, std.err); err != nil {
			return err
		}
	}
	if err := c.write(report, std.out); err != nil {
		return err
	}
	if !report.Holds() {
		return errors.New(report.Summary())
	}
	if !c.JSON {
		fmt.Fprintf(std.out, "\n%s\n", report.Summary())
	}
	return nil
}

func (c attack) search(ctx context.Context, roles []localaws.Role, out io.Writer) (*prove.Search, error) {
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	fmt.Fprintf(out, "prove: searching with %d random requests, --seed %d\n", c.Requests, c.Seed)
	return prove.SearchFor(ctx, roles, c.Seed, c.Requests, progress(out, "random requests"))
}

// whole: the article's policies let attacks through as they are, and a few attacks notice few mutants.
// What is mutated and searched is localaws' alone.
func (c attack) whole() bool {
	return !c.Quick && c.Only == "" && c.Policies == string(iam.Hardened) && c.Target == embedded
}

// progress writes a line for every tenth that is done, where that takes longer than a second.
func progress(out io.Writer, what string) func(done, all int) {
	var mu sync.Mutex
	told, tenth := time.Now(), 0
	return func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		if now := 10 * done / all; now > tenth && time.Since(told) > time.Second {
			told, tenth = time.Now(), now
			fmt.Fprintf(out, "prove: %d of %d %s\n", done, all, what)
		}
	}
}

func (c attack) write(r *prove.Report, stdout io.Writer) error {
	printed := r.Print
	if c.JSON {
		printed = r.JSON
	}
	if err := printed(stdout); err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{}
	if c.Markdown != "" {
		files[c.Markdown] = r.Markdown
	}
	if c.Out != "" {
		files[filepath.Join(c.Out, "prove.json")], files[filepath.Join(c.Out, "prove.xml")] = r.JSON, r.JUnit
	}
	for name, write := range files {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
