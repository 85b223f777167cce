// Command usage says what each tenant used, from the services' logs.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/pkg/command"
)

const description = `Say what each tenant used: requests, bytes, calls of AWS, denials and DynamoDB's capacity units. It reads the services' own logs, of which the audit log is a part. Lines of other kinds are passed over.

Examples (LOGS is the folder that make demo prints):

  bin/usage LOGS/shipment-service.log LOGS/tracking-service.log
      a table, the tenant with most requests first

  docker compose logs --no-log-prefix shipment-service tracking-service | bin/usage
      the same of Docker Compose: without a file it reads what comes in

  bin/usage --json LOGS/tracking-service.log | jq '.services["tracking-service"].tenants.yellow'
      one tenant's figures

  LIMITED are requests answered 429, FAILED those answered 500 or above; both are among REQUESTS. BYTES are those of the answers' bodies. A request passes both services, so each has figures of its own: what customers asked for is in the shipment service's. A request without a valid token is nobody's. Calls of AWS by the isolation check are nobody's either.

The total is counted line by line, so it is the sum over the tenants. A line that cannot be read is counted apart: the report has all others, says how many are broken, and the exit code is 1.`

type cli struct {
	JSON  bool     `name:"json" help:"Print JSON in place of a table."`
	Files []string `arg:"" optional:"" help:"Logs of the services; - or none is the standard input."`
}

// streams are those of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Run is called by kong.
func (c cli) Run(s streams) error {
	r := &Report{Services: map[string]*Service{}}
	if len(c.Files) == 0 {
		c.Files = []string{"-"}
	}
	for _, name := range c.Files {
		if err := r.readFile(name, s.in); err != nil {
			return err
		}
	}
	write := r.table
	if c.JSON {
		write = r.json
	}
	if err := write(s.out); err != nil {
		return err
	}
	if r.Broken > 0 {
		return fmt.Errorf("%d of %d lines cannot be read, and are not in the report:\n  %s", r.Broken, r.Lines, strings.Join(r.faults, "\n  "))
	}
	return nil
}

func (r *Report) readFile(name string, in io.Reader) error {
	if name == "-" {
		return r.read("standard input", in)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(r.read(name, file), file.Close())
}

func (r *Report) json(w io.Writer) error {
	if err := json.MarshalWrite(w, r, json.Deterministic(true), jsontext.Multiline(true)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (r *Report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "SERVICE\tTENANT\tREQUESTS\tLIMITED\tFAILED\tBYTES\tAWS CALLS\tDENIALS\tCAPACITY UNITS\t")
	for _, name := range slices.Sorted(maps.Keys(r.Services)) {
		service := r.Services[name]
		tenants := slices.SortedFunc(maps.Keys(service.Tenants), func(a, b string) int {
			return cmp.Or(cmp.Compare(service.Tenants[b].Requests, service.Tenants[a].Requests), cmp.Compare(a, b))
		})
		for _, id := range tenants {
			row(w, name, id, *service.Tenants[id])
		}
		row(w, name, "(all)", service.Total)
	}
	return w.Flush()
}

func row(w io.Writer, service, tenant string, u Usage) {
	fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%v\t\n", service, tenant, u.Requests, u.Limited, u.Failed, u.Bytes, u.AWSCalls, u.Denials, u.CapacityUnits)
}

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

func run(args []string, s streams) int {
	return command.Run(&cli{}, args, s.out, s.err, kong.Name("usage"), kong.Description(description), kong.Bind(s))
}
