package command_test

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"example.com/shiptrack/pkg/command"
)

func TestInterruptibleEndsWithEachSignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if got := endedBy(t, s); !strings.Contains(got, s.String()) {
			t.Errorf("%s: it ended by %q", s, got)
		}
	}
}

// TestInterruptibleOutlivesItsTerminalUnderNohup: nohup starts a process with SIGHUP ignored.
func TestInterruptibleOutlivesItsTerminalUnderNohup(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	t.Cleanup(func() { // signal.Reset would leave signal.Ignored true
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		signal.Stop(c)
	})
	if got := endedBy(t, syscall.SIGHUP, syscall.SIGTERM); !strings.Contains(got, syscall.SIGTERM.String()) {
		t.Errorf("it ended by %q, want %q", got, syscall.SIGTERM)
	}
}

// endedBy sends signals to this process, one after the other, and returns what ended an interruptible context.
func endedBy(t *testing.T, signals ...syscall.Signal) string {
	t.Helper()
	ctx, stop := command.Interruptible(t.Context())
	defer stop()
	for _, s := range signals {
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	<-ctx.Done()
	return context.Cause(ctx).Error()
}
