// Package thirdparty installs programs that others made, from package registries into a cache folder or as images, and runs
// them on free ports of loopback. It refuses nothing: which programs and versions is for the caller to say.
package thirdparty

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.com/shiptrack/infra/dev/fleet"
)

// Place is where programs are installed and run.
type Place struct {
	cache string // for what is installed; it is kept
	Work  string // for what a program writes
}

// New returns a Place. An empty cache is a folder in the user's cache folder.
func New(cache, work string) (*Place, error) {
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(user, "shiptrack", "emulators")
	}
	return &Place{cache, work}, os.MkdirAll(cache, 0o755)
}

// PortAndFolder returns a free port of loopback and an empty folder of Work.
func (p *Place) PortAndFolder() (port, folder string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer listener.Close()
	if _, port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return "", "", err
	}
	folder, err = os.MkdirTemp(p.Work, "data-")
	return port, folder, err
}

// install calls make with a new folder, and keeps the folder under name where make returns no error.
func (p *Place) install(name string, make func(folder string) error) (string, error) {
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

// Venv returns the Python of a virtual environment that has a package of PyPI.
func (p *Place) Venv(ctx context.Context, name, packageName, version string) (string, error) {
	home, err := p.install(name+"-"+version, func(folder string) error {
		if err := tool(ctx, "python3", "-m", "venv", folder); err != nil {
			return err
		}
		return tool(ctx, filepath.Join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", packageName+"=="+version)
	})
	return filepath.Join(home, "bin", "python"), err
}

// Crate returns the binary of a crate of crates.io.
func (p *Place) Crate(ctx context.Context, name, version string) (string, error) {
	home, err := p.install(name+"-"+version, func(folder string) error {
		return tool(ctx, "cargo", "install", "--quiet", "--locked", "--debug", "--root", folder, name+"@"+version)
	})
	return filepath.Join(home, "bin", name), err
}

// Package returns the folder of a package of npm. Its scripts of installation are not run.
func (p *Place) Package(ctx context.Context, name, version string) (string, error) {
	home, err := p.install(name+"-"+version, func(folder string) error {
		return tool(ctx, "npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", name+"@"+version)
	})
	return filepath.Join(home, "node_modules", name), err
}

func tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// Running is a program that runs until Stop.
type Running struct {
	URL  string
	Stop func()
}

// Run starts a program that listens on port of loopback. It gets no more of the environment than env.
func (p *Place) Run(port, program string, env []string, args ...string) (*Running, error) {
	f := fleet.New("", p.Work)
	env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+p.Work, "AWS_EC2_METADATA_DISABLED=true")
	if err := f.Start(filepath.Base(program)+"-"+port, program, env, args...); err != nil {
		return nil, err
	}
	return &Running{URL: "http://127.0.0.1:" + port, Stop: f.Stop}, nil
}

// Image returns why an image cannot be started here, nothing where it can. It fetches none.
func Image(ctx context.Context, image string) (missing string) {
	if _, err := exec.LookPath("docker"); err != nil {
		return "there is no Docker"
	}
	if _, err := docker(ctx, "info"); err != nil {
		return "no engine of Docker answers"
	}
	if _, err := docker(ctx, "image", "inspect", image); err != nil {
		return "Docker has no image " + image
	}
	return ""
}

// Container starts an image whose program listens on port, on a free port of loopback. The container is removed by Stop, and
// where Container fails or is interrupted.
func Container(ctx context.Context, image, port string, env ...string) (_ *Running, err error) {
	name := "shiptrack-" + strings.ToLower(rand.Text()) // known before the engine answers
	stop := func() { _, _ = docker(context.Background(), "rm", "--force", name) }
	defer func() {
		if err != nil {
			stop()
		}
	}()
	args := []string{"run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::" + port}
	for _, variable := range env {
		args = append(args, "--env", variable)
	}
	if _, err := docker(ctx, append(args, image)...); err != nil {
		return nil, err
	}
	address, err := docker(ctx, "port", name, port+"/tcp")
	if err != nil {
		return nil, err
	}
	return &Running{URL: "http://" + address, Stop: stop}, nil
}

func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("docker %s: %w: %s", args[0], err, ended.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// patience is how long a program may take to come up. LocalStack takes half a minute.
const patience = 3 * time.Minute

var errNotReady = errors.New("it does not come up")

// Await returns when path is answered, whatever the answer.
func (r *Running) Await(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNotReady)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+path, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
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
