package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/upstream"
)

func upstreamFailure(err error) error {
	return usageError{fmt.Errorf("--upstream: %w", err)}
}

// lookupTime is how long the name of an upstream may take to be found at the start.
const lookupTime = time.Second

// checkUpstreams refuses an upstream that is this very localaws, which would ask itself without end. A name
// that cannot be found is none of its own.
func checkUpstreams(ctx context.Context, upstreams map[string]*url.URL, own net.Addr) error {
	tcp, ok := own.(*net.TCPAddr)
	if !ok {
		return nil
	}
	for _, u := range upstreams {
		if upstream.Port(u) != strconv.Itoa(tcp.Port) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, lookupTime)
		found, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
		cancel()
		if err != nil {
			continue
		}
		for _, ip := range found {
			if reaches(ip.IP, tcp.IP) {
				return fmt.Errorf("%s is the address that this localaws listens on: name the endpoint behind it, or move this one with --listen", u)
			}
		}
	}
	return nil
}

// reaches reports whether a connection from this machine to an address ends at a listener on the other.
func reaches(to, listener net.IP) bool {
	if to.Equal(listener) {
		return true
	}
	if to.IsUnspecified() { // it connects to loopback
		return listener.IsLoopback() || listener.IsUnspecified()
	}
	if !listener.IsUnspecified() {
		return false
	}
	own, err := net.InterfaceAddrs()
	return to.IsLoopback() || err == nil && slices.ContainsFunc(own, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.Equal(to)
	})
}

// greetingTime is how long the start waits for the upstreams, to say that they do not answer yet.
const greetingTime = 3 * time.Second

func announceUpstreams(ctx context.Context, p process, upstreams map[string]*url.URL, server *localaws.Server) {
	if len(upstreams) == 0 {
		return
	}
	names := make([]string, 0, len(upstreams))
	for _, service := range slices.Sorted(maps.Keys(upstreams)) {
		names = append(names, service+"="+upstreams[service].String())
	}
	all := strings.Join(names, ", ")
	fmt.Fprintf(p.err, "localaws: a gateway to %s; all else is answered here\n", all)
	ctx, cancel := context.WithTimeout(ctx, greetingTime)
	defer cancel()
	if server.Ready(ctx) != nil {
		fmt.Fprintf(p.err, "localaws: %s does not answer yet; requests to it get 500 or 503 until it does\n", all)
	}
}
