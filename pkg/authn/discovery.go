package authn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	fetchTimeout  = 5 * time.Second // of one document
	maxDocument   = 1 << 20         // bytes
	maxRedirects  = 3
	maxRetryAfter = time.Minute // of what an issuer may ask for
	discoveryPath = "/.well-known/openid-configuration"
)

// source fetches an issuer's keys: from the URL that is configured, or through OpenID Connect Discovery 1.0.
type source struct {
	provider Provider
	client   *http.Client
	now      func() time.Time
}

func newSource(cfg Config, p Provider) *source {
	client := http.Client{Timeout: fetchTimeout}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	client.CheckRedirect = sameOrigin
	return &source{provider: p, client: &client, now: cfg.Now}
}

// sameOrigin lets an issuer redirect to its own origin only: the server behind any other URL would choose the keys.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return errors.New("refused a redirect to another scheme or host")
	}
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	return nil
}

// busyError is an answer with which the issuer asked for time.
type busyError struct {
	error
	retryAfter time.Duration
}

// fetch returns the keys that may verify tokens, at least one, and those left out.
func (s *source) fetch(ctx context.Context) (keys []*key, left leftOut, err error) {
	uri := s.provider.JWKSURI
	if uri == "" {
		if uri, err = s.discover(ctx); err != nil {
			return nil, left, err
		}
	}
	document, err := s.get(ctx, uri)
	if err != nil {
		return nil, left, err
	}
	raw, err := rawKeys(document)
	if err != nil {
		return nil, left, fmt.Errorf("fetch keys: %s: %w", uri, err)
	}
	keys, left = usable(raw, s.provider.Algorithms)
	if len(keys) == 0 {
		return nil, left, fmt.Errorf("none of the issuer's %d keys can verify tokens of %s", len(raw), strings.Join(s.provider.Algorithms, ", "))
	}
	return keys, left, nil
}

// discover returns the jwks_uri of the issuer's discovery document. For a template of Entra that is the document of
// all directories, whose issuer is the template itself.
func (s *source) discover(ctx context.Context) (string, error) {
	issuer := s.provider.Issuer
	base := strings.TrimSuffix(strings.ReplaceAll(issuer, tidTemplate, "common"), "/")
	body, err := s.get(ctx, base+discoveryPath)
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return "", fmt.Errorf("fetch keys: %s: %w", base+discoveryPath, err)
	}
	if document.Issuer != issuer {
		return "", fmt.Errorf("the discovery document is of the issuer %.100q, want %q", document.Issuer, issuer)
	}
	// The keys of an issuer on https must come over https too, even where http is allowed for the issuer.
	onHTTP := strings.HasPrefix(issuer, "http://")
	uri, err := checkURL(document.JWKSURI, s.provider.AllowHTTP && onHTTP)
	if err != nil || uri.Scheme == "http" && !onHTTP {
		return "", errors.New("the discovery document's jwks_uri must be an https URL (http only under the issuer's own rule)")
	}
	return document.JWKSURI, nil
}

// get returns the document at url, without a byte order mark, which some servers put before JSON.
func (s *source) get(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // a body that was read to its end, or given up
	if resp.StatusCode != http.StatusOK {
		return nil, busyError{fmt.Errorf("fetch keys: %s answered status %d", url, resp.StatusCode), s.retryAfter(resp.Header)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %s: %w", url, err)
	}
	if len(body) > maxDocument {
		return nil, fmt.Errorf("fetch keys: %s answered more than %d bytes", url, maxDocument)
	}
	return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), nil
}

// retryAfter returns how long the issuer asks to be left alone, RFC 9110 section 10.2.3: seconds or a date. It is at
// most maxRetryAfter, so that no issuer can keep our keys old.
func (s *source) retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, min(date.Sub(s.now()), maxRetryAfter))
	}
	return 0
}
