// Package command runs the command line of every binary. It parses it with kong. Where kong would end the
// process, for example after --help, it returns an exit code instead, so that a test can call what main calls.
package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Usage is the exit code of a command line or a configuration that cannot be used.
const Usage = 2

// Misconfigured marks err as an error of the configuration, for which Run returns Usage. The text of the error
// stays the same, and nil stays nil.
func Misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return misconfigured{err}
}

type misconfigured struct{ error }

func (m misconfigured) Unwrap() error { return m.error }

// WithCode marks err as one for which Run returns code, where a command has more answers than yes and no. The text of the error stays the
// same, and nil stays nil.
func WithCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return coded{err, code}
}

type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// exit carries kong's exit code up to Run.
type exit int

// unsetEmpty makes an empty variable count as one that is not set, as package config does.
func unsetEmpty(command *kong.Node) {
	for _, flag := range command.Flags {
		flag.Tag.Envs = slices.DeleteFunc(flag.Tag.Envs, func(name string) bool { return os.Getenv(name) == "" })
	}
	for _, child := range command.Children {
		unsetEmpty(child)
	}
}

// Run parses args into grammar, a pointer to a struct with kong's tags, and calls the Run method of the
// chosen command. An empty environment variable counts as one that is not set. bindings are the values for its parameters (see kong.Bind). It returns the process's exit
// code: 0, 1 for a failure, Usage for a wrong command line or an error marked Misconfigured, and that of WithCode. Failures go to
// stderr.
func Run(grammar any, args []string, stdout, stderr io.Writer, options ...kong.Option) (code int) {
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
	unsetEmpty(parser.Model.Node)
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v (try --help)\n", parser.Model.Name, err)
		return Usage
	}
	if err := chosen.Run(); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", parser.Model.Name, err)
		if _, ok := errors.AsType[misconfigured](err); ok {
			return Usage
		}
		if c, ok := errors.AsType[coded](err); ok {
			return c.code
		}
		return 1
	}
	return 0
}

// Quoted is a value as a shell reads it as it is, for commands that are printed to be pasted; most values need no quotes.
func Quoted(value string) string {
	if strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,+=") == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
