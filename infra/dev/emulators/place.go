package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/dev/fleet"
)

// place is where emulators are installed and run.
type place struct {
	cache string // for what is installed; it is kept
	bin   string // of localaws
	work  string // for what an emulator writes; it is removed
}

func newPlace(cache, bin string) (*place, error) {
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(user, "shiptrack", "emulators")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "emulators-")
	return &place{cache, bin, work}, err
}

func (p *place) remove() { _ = os.RemoveAll(p.work) }

func (p *place) portAndFolder() (port, folder string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer listener.Close()
	if _, port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return "", "", err
	}
	folder, err = os.MkdirTemp(p.work, "data-")
	return port, folder, err
}

// install calls make with a new folder, and keeps the folder under name where make returns no error.
func (p *place) install(name string, make func(folder string) error) (string, error) {
	home := filepath.Join(p.cache, name)
	if _, err := os.Stat(filepath.Join(home, "installed")); err == nil {
		return home, nil
	}
	// A venv names its own folder, so it is made where it stays.
	if err := os.RemoveAll(home); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "installing %s\n", name)
	if err := make(home); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return home, os.WriteFile(filepath.Join(home, "installed"), nil, 0o644)
}

// venv returns the Python of a virtual environment that has a package of PyPI.
func (p *place) venv(ctx context.Context, name, packageName, version string) (string, error) {
	home, err := p.install(name+"-"+version, func(folder string) error {
		if err := tool(ctx, "python3", "-m", "venv", folder); err != nil {
			return err
		}
		return tool(ctx, filepath.Join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", packageName+"=="+version)
	})
	return filepath.Join(home, "bin", "python"), err
}

// crate returns the binary of a crate of crates.io.
func (p *place) crate(ctx context.Context, name, version string) (string, error) {
	home, err := p.install(name+"-"+version, func(folder string) error {
		return tool(ctx, "cargo", "install", "--quiet", "--locked", "--debug", "--root", folder, name+"@"+version)
	})
	return filepath.Join(home, "bin", name), err
}

func tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// instance is an emulator that runs.
type instance struct {
	url        string
	ready      string // path that is answered when it is up
	noSessions bool   // it has no STS and no IAM
	byUser     bool   // root may not assume a role, as in AWS: a user stands for the compute service
	// service returns the credentials of a task that runs in a role; nil: root assumes the role.
	service func(ctx context.Context, role string) (aws.Credentials, error)
	enforce func(context.Context) error // switches IAM on; nil: it is on
	stop    func()
}

// run starts a program that listens on port of loopback. It gets no more of the environment than env.
func (p *place) run(port, program string, env []string, args ...string) (*instance, error) {
	f := fleet.New("", p.work)
	env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+p.work, "AWS_EC2_METADATA_DISABLED=true")
	if err := f.Start(filepath.Base(program)+"-"+port, program, env, args...); err != nil {
		return nil, err
	}
	return &instance{url: "http://127.0.0.1:" + port, stop: f.Stop}, nil
}

// container starts an image whose program listens on port, on a free port of loopback.
func (p *place) container(ctx context.Context, image, port string, env ...string) (*instance, error) {
	args := []string{"run", "--detach", "--rm", "--publish", "127.0.0.1::" + port}
	for _, variable := range env {
		args = append(args, "--env", variable)
	}
	id, err := docker(ctx, append(args, image)...)
	if err != nil {
		return nil, err
	}
	stop := func() { _, _ = docker(context.Background(), "rm", "--force", id) }
	address, err := docker(ctx, "port", id, port+"/tcp")
	if err != nil {
		stop()
		return nil, err
	}
	return &instance{url: "http://" + address, stop: stop}, nil
}

func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("docker %s: %w: %s", args[0], err, ended.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// patience is how long an emulator may take to come up. LocalStack takes half a minute.
const patience = 3 * time.Minute

// await returns when the emulator answers, whatever it answers.
func (i *instance) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNotReady)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url+i.ready, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(r); err == nil {
			response.Body.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
