package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/dev/thirdparty"
)

// place is where emulators are installed and run.
type place struct {
	*thirdparty.Place
	bin string // of localaws
}

func newPlace(cache, bin string) (*place, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "emulators-")
	if err != nil {
		return nil, err
	}
	p, err := thirdparty.New(cache, work)
	return &place{p, bin}, err
}

func (p *place) remove() { _ = os.RemoveAll(p.Work) }

// instance is an emulator that runs.
type instance struct {
	*thirdparty.Running
	ready      string // path that is answered when it is up
	noSessions bool   // it has no STS and no IAM
	byUser     bool   // root may not assume a role, as in AWS: a user stands for the compute service
	// service returns the credentials of a task that runs in a role; nil: root assumes the role.
	service func(ctx context.Context, role string) (aws.Credentials, error)
	enforce func(context.Context) error // switches IAM on; nil: it is on
}

// run starts a program that listens on port of loopback.
func (p *place) run(port, program string, env []string, args ...string) (*instance, error) {
	running, err := p.Run(port, program, env, args...)
	return &instance{Running: running}, err
}

// container starts an image whose program listens on port.
func container(ctx context.Context, image, port string, env ...string) (*instance, error) {
	running, err := thirdparty.Container(ctx, image, port, env...)
	return &instance{Running: running}, err
}
