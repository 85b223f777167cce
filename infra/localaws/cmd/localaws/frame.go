package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Exit codes besides 0.
const (
	exitFailure = 1
	exitUsage   = 2 // a command line or configuration that cannot be used
)

// usageError is a fault of the command line that only its use shows.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exit carries the code with which kong wants to end the process (after --help, say) up to execute, so that a
// test can call what main calls.
type exit int

// execute parses args into grammar, calls the Run method of the chosen command, and returns the exit code of
// the process. A failure is one line on stderr.
func execute(grammar any, args []string, stdout, stderr io.Writer, options ...kong.Option) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			code = int(p)
		default:
			panic(p)
		}
	}()
	options = append(options, kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exit(code)) }))
	parser, err := kong.New(grammar, options...)
	if err != nil {
		panic(err) // the grammar is part of the program
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v (try --help)\n", parser.Model.Name, err)
		return exitUsage
	}
	if err := chosen.Run(); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", parser.Model.Name, err)
		if _, ok := errors.AsType[usageError](err); ok {
			return exitUsage
		}
		return exitFailure
	}
	return 0
}
