package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/aws/smithy-go"

	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/drift"
	"example.com/shiptrack/pkg/command"
)

// undecided is the exit code where it could not be told whether there is drift.
const undecided = 3

type driftCommand struct {
	Account       string   `required:"" placeholder:"ID" help:"The account to read. Credentials of any other are refused."`
	Policies      string   `default:"hardened" placeholder:"DIR|article|hardened" help:"What the account should have, as for run."`
	Ownership     string   `placeholder:"FILE" help:"Which tenant owns what, as for run."`
	Bucket        string   `placeholder:"NAME" help:"The bucket of the documents (the one of the ownership file)."`
	Domain        string   `placeholder:"NAME" help:"The domain of OpenSearch Service that the policies name (the one of the ownership file)."`
	Boundary      string   `placeholder:"ARN" help:"The permissions boundary that every role should have (none): permissions_boundary of the module isolation."`
	Tenant        []string `placeholder:"ID" help:"Tenants that should have a KMS key each: the variable tenants of the module stores. The two of the isolation check should always."`
	Operator      []string `placeholder:"NAME" help:"Roles and users that the files do not know, and that may reach the stores: role/NAME or user/NAME; * is any text."`
	WithoutTLS    bool     `name:"without-tls" help:"The bucket should have no policy: tls_only=false of the module stores."`
	WithoutSearch bool     `help:"There should be no domain of OpenSearch Service: search=null of the module stores."`
	Format        string   `enum:"text,json" default:"text" help:"How to print: text or json."`
}

// Help is printed below the flags.
func (driftCommand) Help() string {
	return `It compares the roles of the files with those of the account: trust, inline and attached policies, permissions boundary, the longest session, and the tag that names a session's tenant, which no role may have. It compares the KMS keys that are tagged with a tenant (state, key policy, grants, tags, aliases); the bucket's policy, public access block, versioning and encryption; the table's resource policy, deletion protection and recovery; and the access policy and encryption of the domain of OpenSearch Service. Each other role and user of the account whose policies reach one of these, or may change the roles, is named, unless --operator says that it may. It reads alone; infra/prove/caller/drift.json is the policy that its caller needs.

Then it says whether tenants are kept apart by what is there:

  HOLDS      the theorem is proven for the policies that are there, and nothing else allows more
  BROKEN     a request of one tenant for what is another's is allowed; the request is printed
  NOT SHOWN  neither; "prove --target aws --existing" attacks what is there, and tells more

It exits with 0 if nothing differs, 1 if something does or isolation is BROKEN, 2 if the command line or the credentials are wrong, and 3 if it could not tell: something may not be read, or AWS did not answer.

Examples:

  prove drift --account 123456789012
      in the region and with the credentials of the AWS SDK's settings

  prove drift --account 123456789012 --operator role/AWSReservedSSO_Admin*,user/ana
      the administrators of the account are no drift

  prove drift --account 123456789012 --format json | jq -r '.changes[].what'

.github/workflows/use-drift.yml runs it each day; copy it.`
}

// Run is called by kong.
func (d driftCommand) Run(ctx context.Context, std streams) error {
	for _, pattern := range d.Operator {
		kind, _, _ := strings.Cut(pattern, "/")
		if _, err := path.Match(pattern, ""); err != nil || kind != "role" && kind != "user" {
			return command.Misconfigured(fmt.Errorf("--operator %s: want role/NAME or user/NAME, with * for any text", pattern))
		}
	}
	source, err := policies(d.Policies, std.err)
	if err != nil {
		return err
	}
	cfg, _, err := prove.SignIn(ctx, d.Account)
	if _, asked := errors.AsType[*smithy.OperationError](err); asked {
		return command.WithCode(undecided, fmt.Errorf("drift: %w", err))
	} else if err != nil {
		return command.Misconfigured(fmt.Errorf("drift: %w", err))
	}
	names, file, err := attack{Policies: d.Policies, Ownership: d.Ownership}.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	values := names.ValuesIn(cfg.Region, d.Account)
	values.Bucket, values.Domain = cmp.Or(d.Bucket, values.Bucket), cmp.Or(d.Domain, values.Domain)
	wanted := drift.Wanted{Values: values, Tag: names.Tag, Table: names.Table, Boundary: d.Boundary, Tenants: d.Tenant, Operators: d.Operator, WithoutTLS: d.WithoutTLS, WithoutSearch: d.WithoutSearch}
	if wanted.Roles, err = source.Load(values); err != nil {
		return command.Misconfigured(err)
	}
	if wanted.Owned, err = prove.Owned(file, values); err != nil {
		return command.Misconfigured(err)
	}
	there, err := drift.Read(ctx, cfg, wanted)
	if err != nil {
		return command.WithCode(undecided, fmt.Errorf("drift: nothing was compared: %w", err))
	}
	report := &drift.Report{Account: d.Account, Region: cfg.Region, Policies: source.Name, SHA256: source.SHA256, Changes: drift.Compare(wanted, there), StrayKeys: there.Stray, Unread: there.Unread}
	report.Isolation = drift.Judge(wanted, there, report.Changes)
	write := report.Print
	if d.Format == "json" {
		write = report.JSON
	}
	if err := write(std.out); err != nil {
		return command.WithCode(undecided, err)
	}
	switch report.Code() {
	case 1:
		if len(report.Changes) == 0 {
			return errors.New("the account is as the files say, and tenants are not kept apart")
		}
		return errors.New("the account differs from the files")
	case undecided:
		return command.WithCode(undecided, errors.New("it could not be told whether the account differs: see what could not be read"))
	}
	return nil
}
