package localaws

import (
	"crypto/rand"
	"net/http"
	"time"

	"example.com/shiptrack/infra/localaws/internal/credentials"
)

// TaskCredentialsConfig configures TaskCredentials. Endpoint and Role are required.
type TaskCredentialsConfig struct {
	Endpoint string // base URL of the running localaws: "http://127.0.0.1:4566"
	Region   string // DefaultRegion where empty
	Role     string // name of a role that trusts ecs-tasks.amazonaws.com
}

// TaskCredentials serves the sessions of one role on a loopback port of its own, as ECS serves them to the
// containers of a task. It renews a session ahead of its expiry, and is safe for concurrent use.
type TaskCredentials struct {
	url, token string
	server     *http.Server
}

// StartTaskCredentials starts serving. Errors are those of the configuration and of the listener; whether
// localaws hands out the role shows at the first request.
func StartTaskCredentials(c TaskCredentialsConfig) (*TaskCredentials, error) {
	role, err := credentials.New(credentials.Config{Endpoint: c.Endpoint, Region: c.Region, Role: c.Role})
	if err != nil {
		return nil, err
	}
	token := rand.Text()
	endpoint, err := credentials.NewEndpoint(token, credentials.NewCache(role.Fetch, time.Now).Session)
	if err != nil {
		return nil, err
	}
	listener, err := credentials.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &TaskCredentials{
		url: "http://" + listener.Addr().String() + credentials.Path, token: token,
		server: &http.Server{Handler: endpoint, ReadHeaderTimeout: 5 * time.Second},
	}
	go func() { _ = t.server.Serve(listener) }() // until Close
	return t, nil
}

// Environment is what the AWS SDKs of a process need to get the role's sessions here, each NAME=value.
func (t *TaskCredentials) Environment() []string {
	return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + t.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + t.token}
}

// Close stops serving, requests under way included.
func (t *TaskCredentials) Close() error { return t.server.Close() }
