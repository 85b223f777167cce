// Package credentials hands the sessions of a role to processes outside localaws, as AWS hands them to
// a task: a client of a running localaws, and the container-credentials endpoint. It refuses to serve
// anyone without the endpoint's token, and beyond loopback.
package credentials

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// root is the key of localaws' root, the convention of local AWS tools. It is fixed: a key of the
// caller's environment may be a real one, and has no business here.
var root = sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

const (
	path         = "/_localaws/role-credentials"
	service      = "localaws" // in the credential scope
	maxAnswer    = 256 << 10  // bytes
	fetchTimeout = time.Second
)

// Session is what localaws answers: credentials of a role's session, in the names of the
// container-credentials protocol.
type Session struct {
	AccessKeyID     string    `json:"AccessKeyId"`
	SecretAccessKey string    `json:"SecretAccessKey"`
	Token           string    `json:"Token"`
	Expiration      time.Time `json:"Expiration"`
	RoleARN         string    `json:"RoleArn"`
}

// Error is a failure in words that an SDK prints. Code is localaws' own ("AccessDenied") or Unreachable.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unreachable is the code of an Error where localaws did not answer as localaws does.
const Unreachable = "LocalawsUnreachable"

// Config configures a Client. Endpoint and Role are required.
type Config struct {
	Endpoint    string // base URL of the running localaws: "http://127.0.0.1:4566"
	Region      string // us-east-1 where empty
	Role        string // name of a role that trusts ecs-tasks.amazonaws.com
	SessionName string // task-<8 random hex digits> where empty
	Now         func() time.Time
}

// Client asks localaws for sessions of one role, under one session name. It is safe for concurrent use.
type Client struct {
	url    string
	region string
	now    func() time.Time
	http   *http.Client
}

// New returns a Client, or says what is wrong with c.
func New(c Config) (*Client, error) {
	base, err := url.Parse(c.Endpoint)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil ||
		base.RawQuery != "" || (base.Path != "" && base.Path != "/") {
		return nil, errors.New("the endpoint of localaws is not a URL such as http://127.0.0.1:4566")
	}
	if c.Role == "" {
		return nil, errors.New("no role is named")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.SessionName == "" {
		var id [4]byte
		_, _ = rand.Read(id[:]) // never fails (crypto/rand)
		c.SessionName = "task-" + hex.EncodeToString(id[:])
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	base.Path = path
	base.RawQuery = url.Values{"role": {c.Role}, "session": {c.SessionName}}.Encode()
	return &Client{url: base.String(), region: c.Region, now: c.Now, http: &http.Client{
		Timeout: fetchTimeout,
		// A redirect would carry root's signature elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Fetch asks for a fresh session; it takes at most a second. The error is an *Error.
func (c *Client) Fetch(ctx context.Context) (*Session, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return nil, unreachable(err)
	}
	if err := sigv4.Sign(r, nil, root, c.region, service, c.now()); err != nil {
		return nil, unreachable(err)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, unreachable(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response.StatusCode, body)
	}
	var s Session
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, unreachable(errors.New("the answer is not localaws'"))
	}
	if s.AccessKeyID == "" || s.SecretAccessKey == "" || s.Token == "" || s.RoleARN == "" || !s.Expiration.After(c.now()) {
		return nil, unreachable(errors.New("the answer is not a valid session"))
	}
	s.Expiration = s.Expiration.UTC().Truncate(time.Second) // not every SDK reads fractions
	return &s, nil
}

func refusal(status int, body []byte) *Error {
	var e Error
	if json.Unmarshal(body, &e) != nil || e.Code == "" {
		return unreachable(fmt.Errorf("status %d", status))
	}
	return &e
}

func unreachable(err error) *Error {
	return &Error{Code: Unreachable, Message: "localaws did not answer: " + err.Error()}
}
