package config

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// CheckURL returns nil where text is the URL of a server as a setting may name it: http or https, a host, a port
// from 1 to 65535 if any, with or without a path. The error says what to change; it does not repeat text, in
// which someone may have put a password.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("must be an absolute URL, http or https and a host, such as http://127.0.0.1:8081")
	case u.User != nil || strings.ContainsAny(text, "?#"):
		return errors.New("must have no user, no query and no fragment")
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()):
		return errors.New("must have a port from 1 to 65535, or none")
	}
	return nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}
