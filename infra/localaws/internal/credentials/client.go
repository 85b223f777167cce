// Package credentials gives the sessions of a role to processes outside localaws, as AWS gives them to
// a task. It has a client of a running localaws, and the container-credentials endpoint. The endpoint
// listens on loopback only, and refuses callers without its token.
package credentials

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/url"
	"time"
)

const (
	path         = "/_localaws/role-credentials"
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
	root  *Root
	query url.Values
}

// New returns a Client, or says what is wrong with c.
func New(c Config) (*Client, error) {
	root, err := NewRoot(c.Endpoint, c.Region, c.Now)
	if err != nil {
		return nil, err
	}
	if c.Role == "" {
		return nil, errors.New("the name of a role is required")
	}
	if c.SessionName == "" {
		var id [4]byte
		_, _ = rand.Read(id[:]) // never fails (crypto/rand)
		c.SessionName = "task-" + hex.EncodeToString(id[:])
	}
	return &Client{root: root, query: url.Values{"role": {c.Role}, "session": {c.SessionName}}}, nil
}

// Fetch asks for a fresh session; it takes at most a second. The error is an *Error.
func (c *Client) Fetch(ctx context.Context) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var s Session
	if err := c.root.Get(ctx, path, c.query, &s); err != nil {
		return nil, err
	}
	if s.AccessKeyID == "" || s.SecretAccessKey == "" || s.Token == "" || s.RoleARN == "" || !s.Expiration.After(c.root.now()) {
		return nil, unreachable(errors.New("the answer is not a valid session"))
	}
	s.Expiration = s.Expiration.UTC().Truncate(time.Second) // not every SDK reads fractions
	return &s, nil
}
