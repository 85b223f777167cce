package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// emulator is one that can be started here.
type emulator struct {
	Name, Version string
	From          string // where it comes from
	IAM           string // how its IAM is switched on
	start         func(ctx context.Context, p *place, version string) (*instance, error)
}

// emulators are those of the page, in its order.
var emulators = []emulator{
	{Name: "localaws", Version: "this checkout", From: "`make build`", IAM: "always on", start: startLocalaws},
	{Name: "moto", Version: "5.2.5", From: "PyPI", IAM: "`INITIAL_NO_AUTH_ACTION_COUNT`", start: startMoto},
	{Name: "MiniStack", Version: "1.5.33", From: "PyPI", IAM: "`AUTH=true`", start: startMiniStack},
	{Name: "fakecloud", Version: "0.51.0", From: "crates.io", IAM: "`FAKECLOUD_IAM=strict`, `FAKECLOUD_VERIFY_SIGV4=true`", start: startFakecloud},
	{Name: "LocalStack", Version: "4.14.0", From: "image `localstack/localstack`", IAM: "`ENFORCE_IAM=1`, which needs an account", start: startLocalStack},
	{Name: "DynamoDB Local", Version: "3.1.0", From: "image `amazon/dynamodb-local`", IAM: "none", start: startDynamoDBLocal},
}

func names() (all []string) {
	for _, e := range emulators {
		all = append(all, e.Name)
	}
	return all
}

func startLocalaws(_ context.Context, p *place, _ string) (*instance, error) {
	port, data, err := p.PortAndFolder()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(p.bin, "localaws")
	i, err := p.run(port, binary, nil, "serve", "--listen", "127.0.0.1:"+port, "--data", data, "--log", os.DevNull)
	if err != nil {
		return nil, err
	}
	i.ready = "/_localaws/health"
	// As the compute service hands them to a task. The root of an account cannot assume a role.
	i.service = func(ctx context.Context, role string) (aws.Credentials, error) {
		cmd := exec.CommandContext(ctx, binary, "credentials", "--role", role)
		cmd.Env = []string{"AWS_ENDPOINT_URL=" + i.URL, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"}
		out, err := cmd.Output()
		if err != nil {
			return aws.Credentials{}, err
		}
		var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		err = json.Unmarshal(out, &c)
		return aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, err
	}
	return i, nil
}

func startMoto(ctx context.Context, p *place, version string) (*instance, error) {
	python, err := p.Venv(ctx, "moto", "moto[server]", version)
	if err != nil {
		return nil, err
	}
	port, _, err := p.PortAndFolder()
	if err != nil {
		return nil, err
	}
	i, err := p.run(port, python, nil, "-m", "moto.server", "--host", "127.0.0.1", "--port", port)
	if err != nil {
		return nil, err
	}
	i.ready = "/moto-api/data.json"
	// Root's key is none that its IAM knows, so IAM is switched on when everything is made.
	i.enforce = func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.URL+"/moto-api/reset-auth", strings.NewReader("0"))
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("reset-auth: %s", response.Status)
		}
		return nil
	}
	return i, nil
}

func startMiniStack(ctx context.Context, p *place, version string) (*instance, error) {
	python, err := p.Venv(ctx, "ministack", "ministack", version)
	if err != nil {
		return nil, err
	}
	port, _, err := p.PortAndFolder()
	if err != nil {
		return nil, err
	}
	i, err := p.run(port, python, []string{"AUTH=true", "GATEWAY_PORT=" + port}, "-m", "ministack")
	if err != nil {
		return nil, err
	}
	i.ready = "/_ministack/health"
	return i, nil
}

func startFakecloud(ctx context.Context, p *place, version string) (*instance, error) {
	binary, err := p.Crate(ctx, "fakecloud", version)
	if err != nil {
		return nil, err
	}
	port, _, err := p.PortAndFolder()
	if err != nil {
		return nil, err
	}
	i, err := p.run(port, binary, []string{"FAKECLOUD_IAM=strict", "FAKECLOUD_VERIFY_SIGV4=true"}, "--addr", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	i.ready, i.byUser = "/_fakecloud/health", true
	return i, nil
}

func startLocalStack(ctx context.Context, _ *place, version string) (*instance, error) {
	i, err := container(ctx, "localstack/localstack:"+version, "4566", "ENFORCE_IAM=1", "EAGER_SERVICE_LOADING=1", "SERVICES=iam,sts,dynamodb")
	if err != nil {
		return nil, err
	}
	i.ready = "/_localstack/health"
	return i, nil
}

func startDynamoDBLocal(ctx context.Context, _ *place, version string) (*instance, error) {
	i, err := container(ctx, "amazon/dynamodb-local:"+version, "8000")
	if err != nil {
		return nil, err
	}
	i.ready, i.noSessions = "/", true
	return i, nil
}
