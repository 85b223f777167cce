package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// root is the key of localaws' root, the convention of local AWS tools. It is fixed: a key from the
// caller's environment may be a real one, and must not be sent.
var root = sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

const (
	service   = "localaws" // in the credential scope
	maxAnswer = 32 << 20   // bytes
)

// Root asks the own routes of a running localaws, as its root. It is safe for concurrent use.
type Root struct {
	base   *url.URL
	region string
	now    func() time.Time
	http   *http.Client
}

// NewRoot returns a Root for the localaws at endpoint, a base URL such as http://127.0.0.1:4566; any other text is an
// error. An empty region is us-east-1, a nil now is time.Now.
func NewRoot(endpoint, region string, now func() time.Time) (*Root, error) {
	base, err := url.Parse(endpoint)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil ||
		base.RawQuery != "" || (base.Path != "" && base.Path != "/") {
		return nil, errors.New("the endpoint of localaws is not a URL such as http://127.0.0.1:4566") // it may hold a password
	}
	if region == "" {
		region = "us-east-1"
	}
	if now == nil {
		now = time.Now
	}
	return &Root{base: base, region: region, now: now, http: &http.Client{
		// A redirect would carry root's signature elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Get asks one route and decodes its answer into out. The error is an *Error.
func (r *Root) Get(ctx context.Context, path string, query url.Values, out any) error {
	asked := *r.base
	asked.Path, asked.RawQuery = path, query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.String(), nil)
	if err != nil {
		return unreachable(err)
	}
	if err := sigv4.Sign(request, nil, root, r.region, service, r.now()); err != nil {
		return unreachable(err)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return unreachable(err)
	}
	if response.StatusCode != http.StatusOK {
		return refusal(response.StatusCode, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return unreachable(errors.New("the answer is not from localaws"))
	}
	return nil
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
