package authn

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"example.com/shiptrack/pkg/config"
)

// wellKnown is where an issuer publishes what it is; OpenID Connect Discovery section 4.
const wellKnown = "/.well-known/openid-configuration"

// CheckIssuer returns what is wrong with raw as an issuer: it must be an absolute https URL without user,
// query and fragment (OpenID Connect Discovery section 3). http is for a loopback host, or for any host
// where allowHTTP is set.
func CheckIssuer(raw string, allowHTTP bool) error {
	if err := config.CheckURL(raw); err != nil {
		return err
	}
	if strings.ContainsAny(raw, "{}<>") {
		return fmt.Errorf("holds a placeholder: put a value in its place; %s alone, in these letters, stands for the directories of Entra", tidTemplate)
	}
	if strings.HasSuffix(strings.TrimRight(raw, "/"), wellKnown) {
		return fmt.Errorf("must be the issuer itself, as in the tokens' iss claim: leave out %s", wellKnown)
	}
	_, err := checkURL(raw, allowHTTP)
	return err
}

func checkURL(raw string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("must be an absolute URL without a user, such as https://issuer.example.com")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme != "http":
		return nil, fmt.Errorf("must be https, not %q", u.Scheme)
	case !allowHTTP && !isLoopback(u.Hostname()):
		return nil, errors.New("must be https; http is for loopback hosts, and for others where OIDC_ALLOW_HTTP is true")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
