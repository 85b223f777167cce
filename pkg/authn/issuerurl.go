package authn

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
)

// CheckIssuer returns what is wrong with raw as an issuer: it must be an absolute https URL without user,
// query and fragment (OpenID Connect Discovery section 3). http is for a loopback host, or for any host
// where allowHTTP is set.
func CheckIssuer(raw string, allowHTTP bool) error {
	u, err := checkURL(raw, allowHTTP)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("must have no query and no fragment")
	}
	return nil
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
		return nil, errors.New("must be https: http is for loopback hosts, unless it is allowed expressly")
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
