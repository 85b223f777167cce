// Command prove attacks localaws with the project's own policies, and shows that each attack is denied beside a control
// that is allowed.
package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

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
	ctx, stop := command.Interruptible(context.Background())
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
