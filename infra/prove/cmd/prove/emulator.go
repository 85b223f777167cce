package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// emulatorWait bounds how long a container may take until it answers, on a machine that starts others meanwhile.
const emulatorWait = 5 * time.Minute

// emulator is an image that answers the APIs of services.
type emulator struct {
	image, port string
	services    []string
	environment []string
}

// emulators are the targets that need Docker, by name; infra/compose/Dockerfile has the same images.
var emulators = map[string]emulator{
	"localstack":     {"localstack/localstack:4.14.0", "4566", []string{"dynamodb", "s3"}, []string{"SERVICES=dynamodb,s3", "EAGER_SERVICE_LOADING=1"}},
	"dynamodb-local": {"amazon/dynamodb-local:3.1.0", "8000", []string{"dynamodb"}, nil},
	"opensearch": {"opensearchproject/opensearch:3.3.0", "9200", []string{"es"}, []string{
		"discovery.type=single-node", "OPENSEARCH_JAVA_OPTS=-Xms512m -Xmx512m", "DISABLE_SECURITY_PLUGIN=true", "DISABLE_INSTALL_DEMO_CONFIG=true",
		"cluster.routing.allocation.disk.threshold_enabled=false", // a laptop's disk is often nearly full
	}},
}

// start runs a container of its own on a port of loopback and returns when it answers; stop removes it.
func (e emulator) start(ctx context.Context, out io.Writer) (at *url.URL, stop func() error, err error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return nil, nil, errors.New("this target needs Docker, which is not on the path (--target embedded needs none)")
	}
	fmt.Fprintf(out, "prove: starting %s\n", e.image)
	name := "prove-" + strings.ToLower(rand.Text())
	stop = func() error {
		_, err := docker(context.WithoutCancel(ctx), "rm", "--force", name)
		return err
	}
	args := []string{"run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::" + e.port}
	for _, v := range e.environment {
		args = append(args, "--env", v)
	}
	address := ""
	// Ctrl-C waits for docker run to end: a container cannot be removed while it is being created.
	if _, err = docker(context.WithoutCancel(ctx), append(args, e.image)...); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		address, err = docker(ctx, "port", name, e.port+"/tcp")
	}
	if err == nil {
		at, err = url.Parse("http://" + strings.Fields(address + " -")[0])
	}
	if err == nil {
		err = answers(ctx, at)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", e.image, err), stop())
	}
	return at, stop, nil
}

func docker(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this process, which then tidies up
	out, err := cmd.Output()
	if failure, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("docker %s: %s", args[0], strings.TrimSpace(string(failure.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

// answers returns when at answers anything.
func answers(ctx context.Context, at *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, emulatorWait)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(r); err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer after %s", emulatorWait)
		case <-tick.C:
		}
	}
}
