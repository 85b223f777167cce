package upstream

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// services are those that localaws can authorize and forward. The local AWS tools that a URL alone names answer all of them but es: an
// OpenSearch is a server of its own.
var (
	services  = []string{"dynamodb", "s3", "es"}
	nameAlone = map[string]bool{"es": true}
)

// embedded in place of a URL keeps a service in localaws.
const embedded = "embedded"

// ParseAddresses reads the values of --upstream, each URL, SERVICE=URL or SERVICE=embedded, and returns the address of each
// service that another endpoint answers. A URL alone is that of dynamodb and s3 where they are not named. Errors are one line that says
// what is accepted.
func ParseAddresses(values []string) (map[string]*url.URL, error) {
	named := map[string]*url.URL{} // nil: embedded
	var all *url.URL
	for _, value := range values {
		service, u, err := parseValue(value)
		if err != nil {
			return nil, err
		}
		_, twice := named[service]
		switch {
		case service == "" && all != nil:
			return nil, fmt.Errorf("two URLs are for every service: give one such URL, and the others as SERVICE=URL")
		case twice:
			return nil, fmt.Errorf("the service %s is given twice: give one URL, or %s", service, embedded)
		case service == "":
			all = u
		default:
			named[service] = u
		}
	}
	return addressesOf(all, named), nil
}

// parseValue reads one value. The service is empty where it names none, and the URL nil where the service stays in localaws.
func parseValue(value string) (service string, u *url.URL, err error) {
	service, address, own := strings.Cut(value, "=")
	if !own || strings.Contains(service, ":") {
		u, err = parseAddress(value)
		return "", u, err
	}
	if service != "" && address == embedded {
		return service, nil, checkService(service)
	}
	if u, err = parseAddress(address); err != nil {
		return "", nil, err
	}
	if service == "" {
		return "", nil, fmt.Errorf("%q names no service: give URL, or SERVICE=URL with one of %s", value, strings.Join(services, ", "))
	}
	return service, u, checkService(service)
}

func checkService(service string) error {
	if !slices.Contains(services, service) {
		return fmt.Errorf("localaws cannot forward the service %q: it can forward %s", service, strings.Join(services, ", "))
	}
	return nil
}

func addressesOf(all *url.URL, named map[string]*url.URL) map[string]*url.URL {
	addresses := map[string]*url.URL{}
	for _, service := range services {
		u, own := named[service]
		if !own && !nameAlone[service] {
			u = all
		}
		if u != nil {
			addresses[service] = u
		}
	}
	return addresses
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
