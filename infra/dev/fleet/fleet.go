// Package fleet starts the project's binaries as child processes and ends all of them. They get only the environment that
// the caller gives.
package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a process may take over its own shutdown; with what follows it stays below the two
// seconds in which Ctrl-C has to be over.
const stopGrace = 1200 * time.Millisecond

// Process is one part that runs until it is stopped.
type Process struct {
	name   string
	cmd    *exec.Cmd
	log    string // file that its output goes to
	exited chan struct{}
}

// Fleet starts processes and stops all of them.
type Fleet struct {
	Bin  string        // the folder of the binaries
	Died chan *Process // a process that ended without being asked
	dir  string        // where processes run, and their output goes to

	mu       sync.Mutex
	stopping bool
	running  []*Process
}

// New returns a Fleet of the binaries in bin, which run in dir.
func New(bin, dir string) *Fleet {
	return &Fleet{Bin: bin, dir: dir, Died: make(chan *Process, 16)}
}

// Start runs binary with arguments. Its environment is env alone: none of the user's credentials, profiles or
// proxies leak into it.
func (f *Fleet) Start(name, binary string, env []string, args ...string) error {
	p := &Process{name: name, log: f.Log(name), exited: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	p.cmd = f.command(context.Background(), binary, env, args...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping {
		return context.Canceled
	}
	if err := p.cmd.Start(); err != nil {
		return starting(name, err)
	}
	f.running = append(f.running, p)
	go f.watch(p)
	return nil
}

func (f *Fleet) command(ctx context.Context, binary string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(f.Bin, binary), args...)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = env, f.dir, processAttributes()
	cmd.WaitDelay = stopGrace // a child that it leaves behind may hold its output open
	return cmd
}

func (f *Fleet) watch(p *Process) {
	_ = p.cmd.Wait() // how it ended stands in p.cmd.ProcessState
	close(p.exited)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stopping {
		f.Died <- p
	}
}

// Log is the file that the output of a process goes to.
func (f *Fleet) Log(name string) string { return filepath.Join(f.dir, name+".log") }

// Once runs binary to its end and returns its output, which is part of the error where it fails.
func (f *Fleet) Once(ctx context.Context, name, binary string, env []string, args ...string) error {
	cmd := f.command(ctx, binary, env, args...)
	out, err := cmd.CombinedOutput()
	if logErr := os.WriteFile(f.Log(name), out, 0o600); logErr != nil {
		return logErr
	}
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		return fmt.Errorf("%s failed: %w\n%s", name, err, bytes.TrimSpace(out))
	}
	return starting(name, err)
}

// starting says what to do where a process does not start.
func starting(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s does not start (make build makes the binaries): %w", name, err)
}

// Stop ends every process: with SIGTERM, and after stopGrace with SIGKILL. It returns when all are gone.
func (f *Fleet) Stop() {
	f.mu.Lock()
	f.stopping = true
	running := f.running
	f.mu.Unlock()
	for _, p := range running {
		p.signal(syscall.SIGTERM)
	}
	patience := time.NewTimer(stopGrace)
	defer patience.Stop()
	for _, p := range running {
		select {
		case <-p.exited:
			continue
		case <-patience.C:
		}
		for _, late := range running {
			late.signal(syscall.SIGKILL)
		}
		<-p.exited
	}
}

// signal sends s unless the process has ended: another process may have its number by then.
func (p *Process) signal(s os.Signal) {
	select {
	case <-p.exited:
	default:
		_ = p.cmd.Process.Signal(s) // it may end at this very moment
	}
}

// lastWords returns the last lines of the process's log.
func (p *Process) lastWords() string {
	const most = 1500
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return string(bytes.TrimSpace(b))
}

// DiedError says which process ended, how, and what it said last.
func (p *Process) DiedError() error {
	return fmt.Errorf("%s ended by itself (%v); its last words:\n%s", p.name, p.cmd.ProcessState, p.lastWords())
}
