package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible returns a context that ends when the process is to end: by Ctrl-C, by SIGTERM, and by SIGHUP, which a terminal sends that is
// closed. So a command removes what it made, also then. What nohup started outlives its terminal. After stop, a signal ends the process at
// once.
func Interruptible(ctx context.Context) (_ context.Context, stop context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, signals...)
}
