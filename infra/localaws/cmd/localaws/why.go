package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"example.com/shiptrack/infra/localaws"
	rolecreds "example.com/shiptrack/infra/localaws/internal/credentials"
)

type why struct {
	RequestID string `arg:"" help:"Id of the request, in full: localaws' own, the caller's, or the one that the caller was answering."`
	Stdin     string `arg:"" optional:"" name:"-" help:"A hyphen reads the decision log from standard input, as --log - does."`
	Log       string `placeholder:"FILE" help:"Look in this file of the decision log instead of asking the running localaws; - is standard input."`
}

// Help is printed below the flags.
func (why) Help() string {
	return fmt.Sprintf(`For each decision on the request: who asked for which action on which resource, whether it was allowed, which statement decided, and for each statement that could have allowed it what did not match.

Where the id stands: an AWS SDK prints it in its error ("RequestID: ..."), and each answer of localaws has it in the header x-amzn-requestid (those of S3: x-amz-request-id). The id that a caller gave its own request, in the header X-Amzn-Trace-Id or X-Request-Id or as md/request-id#ID in its User-Agent, is looked for too. So is the id of the request that the caller was answering, if its User-Agent has it as md/origin-request-id#ID.

Examples:

  localaws why 2f9c1d7e-51f7-4b29-9a43-6a1c7d0f5e11
      asks the localaws at AWS_ENDPOINT_URL

  localaws why 2f9c1d7e-51f7-4b29-9a43-6a1c7d0f5e11 --log decisions.jsonl
      looks in the file that localaws serve --log writes

  docker compose logs --no-log-prefix localaws | localaws why 2f9c1d7e-51f7-4b29-9a43-6a1c7d0f5e11 -
      looks in the log of a container

A running localaws remembers its newest %d decisions, of at most %d MiB, since its start.

Exit codes: 0 the decisions were found, whatever they say; 1 there are none, or localaws or the log could not be read; 2 a wrong command line.`,
		localaws.RecentDecisions, localaws.RecentBytes>>20)
}

func (w why) Run(ctx context.Context, p process) error {
	switch {
	case w.Stdin != "" && w.Log != "":
		return usageError{errors.New("give either - or --log FILE, not both")}
	case w.Stdin != "" && w.Stdin != "-":
		return usageError{fmt.Errorf("behind the id stands %q: give --log FILE, or - for standard input", w.Stdin)}
	}
	found, err := w.find(ctx, p)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return w.notFound(p)
	}
	return localaws.Describe(p.out, found)
}

func (w why) find(ctx context.Context, p process) ([]localaws.Entry, error) {
	switch {
	case w.fromStdin():
		return localaws.ReadDecisions(p.in, w.RequestID)
	case w.Log == "":
		return w.ask(ctx, p)
	}
	file, err := os.Open(w.Log)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	defer file.Close()
	return localaws.ReadDecisions(file, w.RequestID)
}

func (w why) fromStdin() bool { return w.Stdin == "-" || w.Log == "-" }

func (w why) ask(ctx context.Context, p process) ([]localaws.Entry, error) {
	endpoint, err := p.endpoint()
	if err != nil {
		return nil, err
	}
	found, err := localaws.FetchDecisions(ctx, endpoint, p.region(), w.RequestID)
	if known, ok := errors.AsType[*rolecreds.Error](err); ok && known.Code == rolecreds.Unreachable {
		return nil, fmt.Errorf("%w (localaws serve starts it; AWS_ENDPOINT_URL says where it is; --log FILE looks in a decision log instead)", err)
	}
	return found, err
}

// notFound says where nothing was found, and what to do.
func (w why) notFound(p process) error {
	const whole = "give the whole id, as in the error of an AWS SDK (RequestID: ...) or in the header x-amzn-requestid or x-amz-request-id; " +
		"with an id from an answer of your own service, which may have made no call of AWS, look in its log for the id of such a call"
	switch {
	case w.fromStdin():
		return fmt.Errorf("standard input has no decision on the request %q: %s", w.RequestID, whole)
	case w.Log != "":
		return fmt.Errorf("%s has no decision on the request %q: %s", w.Log, w.RequestID, whole)
	}
	endpoint, err := p.endpoint()
	if err != nil {
		return err
	}
	return fmt.Errorf("the localaws at %s remembers no decision on the request %q: %s; for a decision older than the newest %d, or than its last start, add --log FILE",
		endpoint, w.RequestID, whole, localaws.RecentDecisions)
}
