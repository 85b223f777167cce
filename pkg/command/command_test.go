package command_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/command"
	"github.com/alecthomas/kong"
)

type grammar struct {
	Greet greet `cmd:"" help:"Say a name."`
}

type greet struct {
	Name  string `arg:""`
	Times int    `env:"SAY_TIMES" default:"3"`
}

func (g greet) Run(out io.Writer) error {
	switch g.Name {
	case "nobody":
		return errors.New("nobody is there")
	case "wrong":
		return fmt.Errorf("greet: %w", command.Misconfigured(errors.New("NAME is not set")))
	case "unknown":
		return fmt.Errorf("greet: %w", command.WithCode(3, errors.New("who is that")))
	case "right":
		return errors.Join(command.Misconfigured(nil), command.WithCode(3, nil))
	case "panic":
		panic("a bug")
	}
	_, err := fmt.Fprintln(out, "hello", g.Name, g.Times)
	return err
}

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"greet ana", 0, "hello ana", ""},
		{"greet nobody", 1, "", "say: nobody is there"},
		{"greet wrong", 2, "", "say: greet: NAME is not set"},
		{"greet unknown", 3, "", "say: greet: who is that"},
		{"greet right", 0, "", ""},
		{"greet", 2, "", "--help"},
		{"dance", 2, "", "unexpected argument dance"},
		{"--help", 0, "Say a name.", ""},
	} {
		var stdout, stderr bytes.Buffer
		code := command.Run(&grammar{}, strings.Fields(tc.args), &stdout, &stderr,
			kong.Name("say"), kong.BindTo(&stdout, (*io.Writer)(nil)))
		if code != tc.code || !strings.Contains(stdout.String(), tc.stdout) || !strings.Contains(stderr.String(), tc.stderr) {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %d with %q and %q",
				tc.args, code, &stdout, &stderr, tc.code, tc.stdout, tc.stderr)
		}
	}
}

func TestEmptyVariableCountsAsNotSet(t *testing.T) {
	for value, want := range map[string]string{"": "hello ana 3", "5": "hello ana 5"} {
		t.Setenv("SAY_TIMES", value)
		var stdout, stderr bytes.Buffer
		code := command.Run(&grammar{}, []string{"greet", "ana"}, &stdout, &stderr, kong.BindTo(&stdout, (*io.Writer)(nil)))
		if code != 0 || !strings.Contains(stdout.String(), want) {
			t.Errorf("SAY_TIMES=%q: code %d, %q, %q; want %q", value, code, &stdout, &stderr, want)
		}
	}
}

func TestABugStaysAPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a panic of the command was swallowed")
		}
	}()
	command.Run(&grammar{}, []string{"greet", "panic"}, io.Discard, io.Discard,
		kong.Name("say"), kong.BindTo(io.Discard, (*io.Writer)(nil)))
}
