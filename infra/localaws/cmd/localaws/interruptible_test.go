package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func TestLocalawsEndsWithItsTerminal(t *testing.T) {
	if got := endedBy(t, syscall.SIGHUP); !strings.Contains(got, syscall.SIGHUP.String()) {
		t.Errorf("it ended by %q, want %q", got, syscall.SIGHUP)
	}
}

// TestLocalawsOutlivesItsTerminalUnderNohup: nohup starts a process with SIGHUP ignored.
func TestLocalawsOutlivesItsTerminalUnderNohup(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	t.Cleanup(heedHangup)
	if got := endedBy(t, syscall.SIGHUP, syscall.SIGTERM); !strings.Contains(got, syscall.SIGTERM.String()) {
		t.Errorf("it ended by %q, want %q", got, syscall.SIGTERM)
	}
}

// TestATerminalThatIsClosedDoesNotEndLocalawsAtOnce: it sends SIGHUP twice, and temporary data are removed between.
func TestATerminalThatIsClosedDoesNotEndLocalawsAtOnce(t *testing.T) {
	t.Cleanup(heedHangup)
	_, stop := interruptible(t.Context())
	endAtOnce(stop)
	if !signal.Ignored(syscall.SIGHUP) {
		t.Error("a second SIGHUP ends the process at once")
	}
	if signal.Ignored(syscall.SIGTERM) || signal.Ignored(syscall.SIGINT) {
		t.Error("a second SIGTERM or Ctrl-C does not end the process at once")
	}
}

// heedHangup undoes signal.Ignore. Reset does not: signal.Ignored would be true still.
func heedHangup() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	signal.Stop(c)
}

// endedBy sends signals to this process, one after the other, and returns what ended an interruptible context.
func endedBy(t *testing.T, signals ...syscall.Signal) string {
	t.Helper()
	ctx, stop := interruptible(t.Context())
	defer stop()
	for _, s := range signals {
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	<-ctx.Done()
	return context.Cause(ctx).Error()
}
