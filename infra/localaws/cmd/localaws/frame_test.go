package main

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/alecthomas/kong"
)

type endings struct {
	End string `arg:""`
}

func (e endings) Run() error {
	switch e.End {
	case "failure":
		return errors.New("it went wrong")
	case "usage":
		return fmt.Errorf("serve: %w", usageError{errors.New("--x and --y together")})
	case "panic":
		panic("a bug")
	}
	return nil
}

func TestExitCodeSaysWhoseFaultItWas(t *testing.T) {
	for arg, want := range map[string]int{"success": 0, "failure": 1, "usage": 2, "--unknown": 2} {
		if code := execute(&endings{}, []string{arg}, io.Discard, io.Discard, kong.Name("test")); code != want {
			t.Errorf("%s: exit %d, want %d", arg, code, want)
		}
	}
}

func TestPanicOfACommandIsNotSwallowed(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic did not reach the caller")
		}
	}()
	execute(&endings{}, []string{"panic"}, io.Discard, io.Discard, kong.Name("test"))
}
