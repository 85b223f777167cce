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
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Run          attack         `cmd:"" default:"withargs" help:"Attack, and print a row for each attack (what prove alone does)."`
	Explain      explain        `cmd:"" help:"Say whether the policies allow a request, and why not."`
	Policies     policiesOf     `cmd:"" help:"Decide whether anybody's policies keep tenants apart: yours, an account's, or a Terraform plan's."`
	Diff         diffPolicies   `cmd:"" help:"Say whether a change of policies allows anything more, and show the request."`
	Certificates certificates   `cmd:"" help:"Write the theorem's obligations as SMT-LIB 2, for z3 and cvc5."`
	Clean        cleanCommand   `cmd:"" help:"Remove from an account what a run made that was killed."`
	Record       recordCommand  `cmd:"" help:"Write an account's answers to a file: its policy simulator's, and those to the attacks."`
	Compare      compareCommand `cmd:"" help:"Say in which answers a recorded account differs from localaws."`
	Drift        driftCommand   `cmd:"" help:"Say what of an AWS account differs from the files, and whether isolation still holds."`
}

type attack struct {
	Policies    string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to attack with: hardened (what everything uses), article (the AWS article's own text), or a folder that holds one folder per role."`
	Ownership   string `placeholder:"FILE" help:"Which tenant owns what, for the theorem (ownership.json beside the folder of the policies, else the project's own)."`
	Target      string `enum:"embedded,localstack,dynamodb-local,opensearch,aws" default:"embedded" help:"What is attacked: embedded (localaws in this process), localstack, dynamodb-local or opensearch (behind it, in Docker), or aws."`
	Account     string `placeholder:"ID" help:"For --target aws: the account that may be used. Any other is refused."`
	Existing    bool   `help:"For --target aws: attack the roles, table and bucket that are there, with tenants of its own. It makes and deletes no role and no table."`
	TaskProfile string `placeholder:"NAME" help:"For --existing: a profile of the AWS SDK whose credentials are a session of the role of the tracking service."`
	SeedProfile string `placeholder:"NAME" help:"For --existing: the same for the role of the seed's task; without it, attacks by the seed are left out."`
	DryRun      bool   `help:"For --target aws: print every call that the run would make, in order, and make none."`
	Only        string `placeholder:"PREFIX" help:"Only the attacks whose names begin with this text, such as dynamodb/ or sts/no-tag."`
	Quick       bool   `help:"Only decide the theorem, and attack: no mutants, and no random search."`
	Failures    bool   `help:"Print only what does not hold. Reports in files stay whole."`
	Requests    int    `default:"100000" placeholder:"N" help:"How many random requests to search with (${default})."`
	Seed        uint64 `placeholder:"N" help:"Search with the requests of an earlier run, which printed its seed (0: another each time)."`
	Bin         string `placeholder:"DIR" help:"Where the binaries of the services are (the folder of this one)."`
	JSON        bool   `name:"json" help:"Print the figures as JSON in place of the table."`
	Markdown    string `placeholder:"FILE" help:"Write a report that can be handed to an auditor: every attack, whether it holds or not."`
	Out         string `placeholder:"DIR" help:"Write prove.json and prove.xml (JUnit) into this folder; for another target than embedded prove-TARGET.json and prove-TARGET.xml."`
}

const description = `Attack tenant isolation under the policies of infra/iam. The attacks are forged tokens and smuggled tenants against both services, tags and trust policies at STS, signatures, every operation of DynamoDB, requests to S3, KMS and OpenSearch, all of it by the control plane's role too, and by sessions that were ended.

What the report calls

  theorem   what is decided from the policies alone: for every two tenants and every request, no session that the trust policy gives to one may touch what is the other's. PROVEN, REFUTED (with a request that the policies allow) or UNDECIDED
  attack    one attempt of one tenant to reach another tenant's data; it has to be denied
  control   a request beside the attack that differs in one thing; it has to be allowed, since a denial could have any other reason otherwise
  canary    a random text in each tenant's rows; an answer that holds another tenant's canary is a leak
  mutant    a copy of a policy file with one change, such as a condition that is removed; an attack or a control has to notice it

The policies are read from disk at each run. A name (hardened, article) is the folder infra/iam/NAME of the checkout that you are in; without a checkout it is the copy that the binary was built with, and prove says so. The report names the source of the policies and their SHA-256, which a shell tells too:

  cd infra/iam/hardened && find * -name '*.json' | LC_ALL=C sort | xargs sha256sum | sha256sum

Examples:

  prove
      a row for each attack: denied or not, and by what

  prove --failures
      only what does not hold: nothing, if all is well

  prove --policies article
      what the article's own policies let through; exits with 1

  prove --policies ../my-product/iam --quick
      policies of your own, in a folder that holds one folder per role: ROLE/trust.json and one ROLE/POLICY.json for each policy; ownership.json beside that folder says the names that are attacked ("attacked")

  prove policies ../my-product/iam
      whether policies with names of your own keep tenants apart; prove policies --help says what it needs

  prove --requests 1000000 --markdown report.md
      search longer, and write a report

  prove --target localstack
      the same attacks with LocalStack behind localaws, in Docker

  prove --target aws --account 123456789012
      the same attacks in an account: at the endpoints, in the region and with the credentials of the AWS SDK's settings; it says what it makes, and deletes it

  prove --target aws --account 123456789012 --existing --task-profile task
      attack the roles, table and bucket that are there. Only a compute service gets sessions of the role of the tracking service, so they come from a profile: in ~/.aws/config, "[profile task]" with credential_process, a command that prints what the container endpoint of a task answers (locally "localaws credentials --role ROLE")

  prove --target aws --account 123456789012 --dry-run
      print every call of the run before, and make none: no credentials are needed; --existing --dry-run does it for the other run

  prove --only dynamodb/

  prove explain --principal arn:aws:iam::000000000000:role/ROLE --tag KEY=yellow \
      --action dynamodb:GetItem --resource arn:aws:dynamodb:us-east-1:000000000000:table/TABLE --context dynamodb:LeadingKeys=blue

It exits with 0 only if the theorem is proven, and every attack was denied, by the layer that has to deny it, and every control allowed.`

// collection makes the garbage collector run less often, unless GOGC is set: a search takes a quarter less time, for some
// tens of megabytes.
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
	var exit exitCode
	code := command.Run(&cli{}, args, stdout, stderr, kong.Name("prove"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams{stdout, stderr}, &exit))
	if code == 1 && exit.code != 0 {
		return exit.code
	}
	return code
}

type streams struct{ out, err io.Writer }

// Run is called by kong.
func (c attack) Run(ctx context.Context, std streams) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = errors.New("interrupted: nothing is proven")
		}
	}()
	if c.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c.Bin = filepath.Dir(self)
	}
	names, owned, err := c.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	attacks, _ := keep(names.Attacks(), func(a *prove.Attack) bool { return strings.HasPrefix(a.Name, c.Only) })
	var unknown error
	if len(attacks) == 0 {
		unknown = fmt.Errorf("--only %s: no attack begins so", c.Only)
	}
	if err := errors.Join(unknown, c.check()); err != nil {
		return command.Misconfigured(err)
	}
	source, err := policies(c.Policies, std.err)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(ctx, names, source, std)
	}
	target, roles, closing, err := c.open(ctx, names, source, std.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	report := &prove.Report{Policies: source, Target: c.Target, Date: time.Now(), Version: version()}
	if report.Theorem, err = c.theorem(roles, target, owned); err != nil {
		return command.Misconfigured(err)
	}
	attacks, report.Left = keep(attacks, target.Has)
	attacks, report.Absent = keep(attacks, func(a *prove.Attack) bool { return a.Concerns(roles) })
	fmt.Fprintf(std.err, "prove: %d attacks (%s), each beside its control\n", len(attacks), c.Target)
	if report.Rows, report.Audit, err = prove.CarryOut(ctx, target, roles, attacks, c.Bin, progress(std.err, "attacks")); err != nil {
		return err
	}
	report.Left += len(attacks) - len(report.Rows) // for which there was no session
	if report.Theorem != nil && c.Target == embedded {
		if err := report.Theorem.Try(ctx, roles, report.Rows); err != nil {
			return err
		}
	}
	switch {
	case c.whole() && !report.Holds():
		fmt.Fprintln(std.err, "prove: no mutants and no random search: every attack has to be denied first")
	case c.whole():
		if report.Mutations, err = prove.Mutations(ctx, names, roles, attacks, report.Theorem, progress(std.err, "mutants of the policies")); err != nil {
			return err
		}
		if report.Search, err = c.search(ctx, names, roles, std.err); err != nil {
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

// check refuses, before anything is attacked, what would fail only once all is done.
func (c attack) check() (err error) {
	if c.Requests < 1 {
		err = fmt.Errorf("--requests %d: want 1 or more; --quick leaves the search out", c.Requests)
	}
	if c.Out != "" && !isFolder(c.Out) {
		err = errors.Join(err, fmt.Errorf("--out %s: there is no such folder; make it first", c.Out))
	}
	if c.Markdown != "" && (!isFolder(filepath.Dir(c.Markdown)) || isFolder(c.Markdown)) {
		err = errors.Join(err, fmt.Errorf("--markdown %s: want a file in a folder that is there", c.Markdown))
	}
	return err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (c attack) search(ctx context.Context, names prove.Names, roles []localaws.Role, out io.Writer) (*prove.Search, error) {
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	fmt.Fprintf(out, "prove: searching with %d random requests, --seed %d\n", c.Requests, c.Seed)
	return prove.SearchFor(ctx, names, roles, c.Seed, c.Requests, progress(out, "random requests"))
}

// whole reports whether to run mutants and the random search: not with a selection of the attacks, which would notice few
// mutants, and only on the embedded target, since both run in an embedded localaws.
func (c attack) whole() bool { return !c.Quick && c.Only == "" && c.Target == embedded }

// keep returns the attacks that are wanted, and how many are not.
func keep(attacks []*prove.Attack, wanted func(*prove.Attack) bool) (kept []*prove.Attack, left int) {
	kept = slices.DeleteFunc(slices.Clone(attacks), func(a *prove.Attack) bool { return !wanted(a) })
	return kept, len(attacks) - len(kept)
}

// version is the revision that this binary was built from, with "+dirty" where files were changed, or "(devel)" where the
// build does not tell.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	revision, dirty := "(devel)", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && s.Value != "":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	return revision + dirty
}

func (c attack) write(r *prove.Report, stdout io.Writer) error {
	printed := r.Print
	switch {
	case c.JSON:
		printed = r.JSON
	case c.Failures:
		printed = r.PrintFailures
	}
	if err := printed(stdout); err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{}
	if c.Markdown != "" {
		files[c.Markdown] = r.Markdown
	}
	if c.Out != "" {
		name := "prove"
		if c.Target != embedded {
			name += "-" + c.Target
		}
		files[filepath.Join(c.Out, name+".json")], files[filepath.Join(c.Out, name+".xml")] = r.JSON, r.JUnit
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
