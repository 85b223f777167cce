package credentials

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/allowedhosts"
)

// Path is where the endpoint answers: AWS_CONTAINER_CREDENTIALS_FULL_URI ends in it.
const Path = "/credentials"

// Endpoint is the container-credentials endpoint of ECS (AWS SDKs and Tools Reference Guide, "Container
// credential provider"): GET Path with the token, as it is, in the Authorization header. Failures are
// JSON with code and message, which the SDKs print: 401 without the token, 404 and 405 elsewhere, 421 for a Host
// that is not the endpoint's, 502 where localaws refuses the role, 503 where it is away. SDKs try again after the last two.
type Endpoint struct {
	token    [sha256.Size]byte
	hosts    allowedhosts.List
	sessions func(context.Context) (*Session, error)
}

// NewEndpoint returns an Endpoint that serves sessions (Cache.Session) for token, to the hosts that are always
// allowed and to those named (see package allowedhosts). A token that CheckToken refuses is an error.
func NewEndpoint(token string, sessions func(context.Context) (*Session, error), hosts ...string) (*Endpoint, error) {
	if err := CheckToken(token); err != nil {
		return nil, err
	}
	list, err := allowedhosts.New(hosts...)
	if err != nil {
		return nil, err
	}
	return &Endpoint{token: sha256.Sum256([]byte(token)), hosts: list, sessions: sessions}, nil
}

func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !e.hosts.Allows(r):
		write(w, http.StatusMisdirectedRequest, &Error{"MisdirectedRequest", "credentials are not served for the Host of this request: " +
			"use localhost or an IP address, or name it with localaws credentials serve --allowed-host"})
	case r.URL.Path != Path:
		write(w, http.StatusNotFound, &Error{"NotFound", "the credentials are at " + Path})
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		write(w, http.StatusMethodNotAllowed, &Error{"MethodNotAllowed", "the credentials are read with GET"})
	case !e.authorized(r):
		write(w, http.StatusUnauthorized, &Error{"Unauthorized", "the Authorization header is not the content of the token file"})
	default:
		e.answer(w, r)
	}
}

// authorized compares hashes, so that neither content nor length of the token shows in the time taken.
func (e *Endpoint) authorized(r *http.Request) bool {
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return false
	}
	got := sha256.Sum256([]byte(values[0]))
	return subtle.ConstantTimeCompare(got[:], e.token[:]) == 1
}

func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request) {
	session, err := e.sessions(r.Context())
	if err == nil {
		write(w, http.StatusOK, session)
		return
	}
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		failure = &Error{Unreachable, "localaws could not be asked"}
	}
	status := http.StatusBadGateway
	if failure.Code == Unreachable {
		status = http.StatusServiceUnavailable
	}
	write(w, status, failure)
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"code":"InternalFailure","message":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a caller that went away needs no answer
}

// Listen listens on a loopback address ("127.0.0.1:4567", "[::1]:0", "localhost:4567") and refuses any
// other: only processes on this machine, or in this network namespace, may use the token.
func Listen(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address such as 127.0.0.1:4567", address)
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address: credentials are served on 127.0.0.1 or ::1 only", address)
	}
	return net.ListenTCP("tcp", resolved)
}
