package upstream

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// services are those that localaws can authorize and forward.
var services = []string{"dynamodb", "s3"}

// ParseAddresses reads the values of --upstream, each URL or SERVICE=URL, and returns the address of each
// service. A URL alone is that of every service that has none of its own. Errors are one line that says
// what is accepted.
func ParseAddresses(values []string) (map[string]*url.URL, error) {
	named := map[string]*url.URL{}
	var all *url.URL
	for _, value := range values {
		service, address, own := strings.Cut(value, "=")
		if !own || strings.Contains(service, ":") {
			service, address = "", value
		}
		u, err := parseAddress(address)
		if err != nil {
			return nil, err
		}
		switch {
		case service == "" && own && value != address:
			return nil, fmt.Errorf("%q names no service: give URL, or SERVICE=URL with one of %s", value, strings.Join(services, ", "))
		case service == "" && all != nil:
			return nil, fmt.Errorf("two URLs are for every service: give one such URL, and the others as SERVICE=URL")
		case service == "":
			all = u
		case !slices.Contains(services, service):
			return nil, fmt.Errorf("localaws cannot forward the service %q: it can forward %s", service, strings.Join(services, ", "))
		case named[service] != nil:
			return nil, fmt.Errorf("the service %s has two URLs: give one", service)
		default:
			named[service] = u
		}
	}
	addresses := map[string]*url.URL{}
	for _, service := range services {
		if all != nil {
			addresses[service] = all
		}
	}
	maps.Copy(addresses, named)
	return addresses, nil
}

const addressForm = "give it as http://HOST:PORT"

func parseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a URL: %s", text, addressForm)
	}
	if err := checkAddress(u); err != nil {
		return nil, err
	}
	u.Path = ""
	return u, nil
}

func checkAddress(u *url.URL) error {
	text := u.Redacted()
	switch {
	case text == "":
		return errors.New("it is empty: " + addressForm)
	case u.User != nil:
		return fmt.Errorf("a user or password in the URL of an upstream is not used, localaws signs as test/test: %s", addressForm)
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "":
		return fmt.Errorf("the scheme of %q is neither http nor https: %s", text, addressForm)
	case u.Hostname() == "":
		return fmt.Errorf("%q names no host: %s", text, addressForm)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%q has more than scheme, host and port: %s", text, addressForm)
	case !validPort(u):
		return fmt.Errorf("%q has no port between 1 and 65535: %s", text, addressForm)
	}
	return nil
}

// validPort accepts a URL without a port: the scheme has one.
func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// Port is the port of an address, that of the scheme where none is given.
func Port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
