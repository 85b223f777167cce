package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/record"
	"example.com/shiptrack/pkg/command"
)

type recordCommand struct {
	File        string `arg:"" help:"Where to write. A file that is there is gone on with: what it has is not asked again."`
	Account     string `required:"" placeholder:"ID" help:"The account to ask. Credentials of any other are refused."`
	Policies    string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to attack with, as for run."`
	Attacks     string `enum:"none,run,existing" default:"existing" help:"Which attacks are put to AWS: existing attacks what is there, run makes roles and tables and deletes them, none asks the simulator alone."`
	Only        string `placeholder:"PREFIX" help:"Only the attacks whose names begin with this text."`
	TaskProfile string `placeholder:"NAME" help:"A profile of the AWS SDK whose credentials are a session of the role of the tracking service, as for run."`
	SeedProfile string `placeholder:"NAME" help:"For --attacks existing, as for run."`
}

// Help is printed below the flags.
func (recordCommand) Help() string {
	return `It puts the cases by which localaws' evaluator is tested to the account's own policy simulator (iam:SimulateCustomPolicy), and the attacks to AWS, and writes the answers. The file holds decisions, status codes and error codes alone: no account number, no ARN, no message. So you can send it to anybody.

  prove record answers.json --account 123456789012 --task-profile task
      both, in an account to which infra/terraform was applied: it attacks what is there, makes no role and no table, and removes its rows. Its caller needs infra/prove/caller/record.json and existing.json

  prove record answers.json --account 123456789012 --attacks run
      both, in an account that has none of the names: it makes all that it attacks, and deletes it, as prove --target aws does; but the attacks on the services are left out. Its caller needs record.json and run.json

  prove record answers.json --account 123456789012 --attacks none
      the simulator alone: it makes nothing, and costs nothing; record.json is all that its caller needs

  prove compare answers.json
      what differs from localaws`
}

// Run is called by kong.
func (r recordCommand) Run(ctx context.Context, std streams) error {
	if r.Attacks == "existing" && r.TaskProfile == "" {
		return command.Misconfigured(errors.New("record: attacks on what is there need --task-profile, a profile whose credentials are a session of the role of the tracking service; --attacks run makes what it attacks, in an account without it, and --attacks none leaves the attacks out"))
	}
	source, err := policies(r.Policies, std.err)
	if err != nil {
		return err
	}
	cfg, _, err := prove.SignIn(ctx, r.Account)
	if err != nil {
		return command.Misconfigured(fmt.Errorf("record: %w", err))
	}
	file, err := record.Read(r.File)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = record.New(), nil
	}
	if err != nil {
		return command.Misconfigured(err)
	}
	if err := r.goesOn(file, source, cfg.Region); err != nil {
		return command.Misconfigured(err)
	}
	file.Date, file.Region, file.Version, file.Policies = time.Now().UTC().Format(time.RFC3339), cfg.Region, version(), source.SHA256
	cases, err := record.Cases()
	if err != nil {
		return err
	}
	asked := record.Ask(ctx, awsiam.NewFromConfig(cfg), cases, file.Cases)
	if asked == nil && r.Attacks != "none" {
		file.Existing = r.Attacks == "existing"
		asked = r.attack(ctx, source, file, std)
	}
	if err := file.Write(r.File); err != nil {
		return errors.Join(asked, err)
	}
	fmt.Fprintf(std.out, "%s has %d of %d answers of the simulator, and %d to attacks\n", r.File, len(file.Cases), len(cases), len(file.Attacks))
	if asked != nil {
		return fmt.Errorf("it is not complete; the same command again goes on with it: %w", asked)
	}
	return nil
}

// goesOn says why file, which may be new, cannot be gone on with: answers to different questions would stand in it as one.
func (r recordCommand) goesOn(file *record.File, source iam.Source, region string) error {
	existing := r.Attacks == "existing"
	switch {
	case file.Policies != "" && file.Policies != source.SHA256:
		return fmt.Errorf("%s has answers under other policies (sha256 %s): name another file", r.File, file.Policies)
	case file.Region != "" && file.Region != region:
		return fmt.Errorf("%s has answers of region %q, not of %s: name another file", r.File, file.Region, region)
	case len(file.Attacks) > 0 && r.Attacks != "none" && file.Existing != existing:
		return fmt.Errorf("%s has answers to attacks on what was there (%t), these would be on what is there (%t): name another file", r.File, file.Existing, existing)
	}
	return nil
}

// attack puts the attacks to AWS, but those on the services, which are not AWS.
func (r recordCommand) attack(ctx context.Context, source iam.Source, file *record.File, std streams) error {
	c := attack{Policies: r.Policies, Target: "aws", Account: r.Account, Existing: file.Existing, TaskProfile: r.TaskProfile, SeedProfile: r.SeedProfile}
	names, _, err := c.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	target, roles, closing, err := c.open(ctx, names, source, std.err)
	if err != nil {
		return err
	}
	attacks, _ := keep(names.OnAWS(), func(a *prove.Attack) bool {
		return strings.HasPrefix(a.Name, r.Only) && target.Has(a) && a.Concerns(roles)
	})
	rows, _, err := prove.CarryOut(ctx, target, roles, attacks, "", progress(std.err, "attacks"))
	file.Add(rows)
	return errors.Join(err, closing())
}

type compareCommand struct {
	File     string `arg:"" help:"What prove record wrote."`
	Policies string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies that the attacks were recorded with."`
}

// Help is printed below the flags.
func (compareCommand) Help() string {
	return `It asks localaws the same, in this process, and prints each answer that differs. It exits with 0 if none does, and 1 otherwise; also where there is nothing to compare.`
}

// Run is called by kong.
func (c compareCommand) Run(ctx context.Context, std streams) error {
	theirs, err := record.Read(c.File)
	if err != nil {
		return command.Misconfigured(err)
	}
	source, err := policies(c.Policies, std.err)
	if err != nil {
		return err
	}
	if len(theirs.Attacks) > 0 && theirs.Policies != source.SHA256 {
		return command.Misconfigured(fmt.Errorf("%s was recorded under other policies (sha256 %s): --policies names them", c.File, theirs.Policies))
	}
	cases, err := record.Cases()
	if err != nil {
		return err
	}
	names, _, err := attack{Policies: c.Policies}.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	ours, err := local(ctx, names, theirs, source, cases)
	if err != nil {
		return err
	}
	compared := record.Compare(theirs, ours, cases)
	if err := compared.Print(std.out); err != nil {
		return err
	}
	if len(compared.Lines) > 0 {
		return errors.New("the account and localaws differ")
	}
	if compared.Compared == 0 {
		return fmt.Errorf("%s has no answer that this version could compare", c.File)
	}
	return nil
}

// standIn is the account that localaws stands for: no answer depends on its number.
const standIn = "000000000000"

// local is what localaws answers to what theirs was asked.
func local(ctx context.Context, names prove.Names, theirs *record.File, source iam.Source, cases []record.Case) (ours *record.File, err error) {
	cfg, closing, err := prove.InProcess(standIn, theirs.Region)
	if err != nil {
		return nil, command.Misconfigured(err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	ours = record.New()
	if err := record.Ask(ctx, awsiam.NewFromConfig(cfg), cases, ours.Cases); err != nil {
		return nil, err
	}
	attacks := slices.DeleteFunc(names.OnAWS(), func(a *prove.Attack) bool { _, has := theirs.Attacks[a.Name]; return !has })
	if len(attacks) == 0 {
		return ours, nil
	}
	rows, err := prove.Rehearsal{Names: names, Account: standIn, Region: theirs.Region, Policies: source, Existing: theirs.Existing, Attacks: attacks}.CarryOut(ctx)
	ours.Add(rows)
	return ours, err
}
