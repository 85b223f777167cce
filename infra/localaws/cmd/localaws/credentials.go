package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	rolecreds "example.com/shiptrack/infra/localaws/internal/credentials"
)

type credentials struct {
	Print  printCredentials  `cmd:"" default:"withargs" help:"Print the credentials of a session in the form of a credential_process. This is the default."`
	Serve  serveCredentials  `cmd:"" help:"Serve credentials on a loopback address, as ECS does for a task."`
	Health healthCredentials `cmd:"" help:"Exit 0 if a running serve hands out a session, 1 if not."`
}

// Help is printed below the commands.
func (credentials) Help() string {
	return `The role must trust ecs-tasks.amazonaws.com: localaws stands for the compute service that starts a task in it.

Examples:

  localaws credentials --role MyTaskRole
  localaws credentials serve --role MyTaskRole --token-file token`
}

// session are the flags that both commands share.
type session struct {
	Role        string `required:"" placeholder:"NAME" help:"Name of the role; it must trust ecs-tasks.amazonaws.com."`
	SessionName string `placeholder:"NAME" help:"Name of the session (task- and 8 random hex digits). The ARN of the session and the decision log show it."`
}

func (s session) client(p process) (*rolecreds.Client, error) {
	endpoint, err := p.endpoint()
	if s.Role == "" {
		err = errors.Join(err, usageError{errors.New("--role is empty: give the name of a role that trusts ecs-tasks.amazonaws.com")})
	}
	if err != nil {
		return nil, err
	}
	return rolecreds.New(rolecreds.Config{Endpoint: endpoint, Region: p.region(), Role: s.Role, SessionName: s.SessionName})
}

type printCredentials struct {
	session `embed:""`
}

// Help is printed below the flags.
func (printCredentials) Help() string {
	return `Example of ~/.aws/config:

  [profile service]
  region = us-east-1
  endpoint_url = http://127.0.0.1:4566
  credential_process = localaws credentials --role MyTaskRole`
}

// Run prints what AWS's SDKs expect of a credential_process (AWS SDKs and Tools Reference Guide,
// "Process credential provider").
func (c printCredentials) Run(ctx context.Context, p process) error {
	client, err := c.client(p)
	if err != nil {
		return err
	}
	s, err := client.Fetch(ctx)
	if known, ok := errors.AsType[*rolecreds.Error](err); ok && known.Code == rolecreds.Unreachable {
		return fmt.Errorf("%w (localaws serve starts it; AWS_ENDPOINT_URL says where it is)", err)
	} else if err != nil {
		return err
	}
	return json.NewEncoder(p.out).Encode(struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
	}{1, s.AccessKeyID, s.SecretAccessKey, s.Token, s.Expiration})
}

type serveCredentials struct {
	session   `embed:""`
	hosts     `embed:""`
	Listen    string `default:"${credentialsListen}" placeholder:"ADDR" help:"Loopback address to listen on (${default}); any other is refused."`
	TokenFile string `required:"" placeholder:"FILE" help:"File with the token that clients send: at least 16 characters, no line break. A missing file is created with a random token."`
}

// Help is printed below the flags.
func (serveCredentials) Help() string {
	return `The service then needs these two variables and no other credentials:

  AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4567/credentials
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=FILE

A session is renewed 15 minutes ahead of its expiry. If localaws does not answer, the current session is served until it expires.`
}

func (c serveCredentials) Run(ctx context.Context, p process) error {
	client, err := c.client(p)
	if err := errors.Join(err, c.checkHosts()); err != nil {
		return err
	}
	listener, err := rolecreds.Listen(c.Listen)
	if err != nil {
		return listenFailure(c.Listen, err)
	}
	defer listener.Close()
	token, err := rolecreds.ReadOrMakeToken(c.TokenFile)
	if err != nil {
		return fmt.Errorf("--token-file: %w", err)
	}
	endpoint, err := rolecreds.NewEndpoint(token, rolecreds.NewCache(client.Fetch, time.Now).Session, c.AllowedHost...)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.err, "localaws: credentials of %s at http://%s%s, for the token in %s\n", c.Role, listener.Addr(), rolecreds.Path, c.TokenFile)
	return serveUntil(ctx, listener, endpoint, credentialsLimits, p.err)
}

type healthCredentials struct {
	Listen    string `default:"${credentialsListen}" placeholder:"ADDR" help:"Where serve listens (${default})."`
	TokenFile string `required:"" placeholder:"FILE" help:"As given to serve."`
}

// Run asks as a service asks.
func (c healthCredentials) Run(ctx context.Context) error {
	token, err := rolecreds.ReadToken(c.TokenFile)
	if err != nil {
		return fmt.Errorf("--token-file: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Listen+rolecreds.Path, nil)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	r.Host = "localhost" // whatever name --listen has
	r.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no credentials are served (localaws credentials serve does so): %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // a refusal's reason; it holds no secret
	return fmt.Errorf("%s answers %s: %s", c.Listen, response.Status, strings.TrimSpace(string(said)))
}
