package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/allowedhosts"
	"example.com/shiptrack/infra/localaws/internal/connlimit"
	"example.com/shiptrack/infra/localaws/internal/framing"
	"example.com/shiptrack/infra/localaws/internal/upstream"
)

const (
	defaultListen            = "127.0.0.1:4566"
	defaultCredentialsListen = "127.0.0.1:4567"
)

type serve struct {
	Listen string `default:"127.0.0.1:4566" placeholder:"ADDR" help:"Address to listen on (${default}). Anyone who can reach it can sign as root: keep it on loopback, or inside a network of containers."`
	Data   string `placeholder:"DIR" help:"Directory for tables, items, objects, roles and the session key. A missing directory is created. Without --data everything is kept in a temporary directory, which is removed at the end."`
	Log    string `placeholder:"FILE" help:"Append the decision log, one JSON line per decision, to this file instead of printing it to stdout."`

	hosts `embed:""`

	Policies string `placeholder:"DIR" help:"Put the roles of DIR in place at the start: a folder per role, named like it, with trust.json and a .json file per inline policy. <region>, <account-id>, <bucket> and <domain> in them are filled. Roles that are not in DIR stay as they are."`
	Bucket   string `placeholder:"NAME" help:"What takes the place of <bucket> in the policies of DIR; needed where one has it."`

	SearchDomain string `default:"${searchDomain}" placeholder:"NAME" help:"The one domain of OpenSearch Service (${default}). It stands in the ARNs of its indexes and takes the place of <domain> in the policies of DIR."`

	Upstream []string `sep:"none" placeholder:"[SERVICE=]URL" help:"Forward each allowed request to this endpoint of the same API, signed as test/test, instead of answering it. A URL alone stands for dynamodb and s3 where they are not named: s3=URL sends it elsewhere, s3=embedded keeps it here. es=URL is an OpenSearch. May be given more than once. STS, IAM and KMS are always answered here."`

	SearchGuard bool `help:"With --upstream es=URL: refuse an allowed request whose body or query may name another index than its path, which IAM cannot see."`
}

// hosts is the flag of what listens.
type hosts struct {
	AllowedHost []string `sep:"none" placeholder:"NAME" help:"Answer for this host name too, such as a container's; may be given more than once. IP addresses, localhost, *.localhost, localhost.localstack.cloud and *.amazonaws.com are always answered for. A request with another Host may come from a web page: 421."`
}

func (h hosts) checkHosts() error {
	if _, err := allowedhosts.New(h.AllowedHost...); err != nil {
		return usageError{fmt.Errorf("--allowed-host: %w", err)}
	}
	return nil
}

// Help is printed below the flags.
func (serve) Help() string {
	return `Examples:

  localaws serve
      a clean start each time, decisions on stdout

  localaws serve --data ./data --log decisions.jsonl
      data and sessions are still there after a restart

  localaws serve --policies ./iam --bucket my-bucket
      with your roles: ./iam/MyTaskRole/trust.json, ./iam/MyTaskRole/ReadOrders.json

  AWS_REGION=eu-west-1 localaws serve --listen 127.0.0.1:4600
      another region and port; clients need AWS_ENDPOINT_URL=http://127.0.0.1:4600

  localaws serve --upstream http://localstack:4566 --data ./data
      a gateway that enforces IAM in front of LocalStack; the keys of its objects are kept in ./data

  localaws serve --upstream dynamodb=http://dynamodb-local:8000
      the same in front of DynamoDB Local; objects of S3 are kept here

  localaws serve --upstream es=http://opensearch:9200 --search-guard
      in front of OpenSearch; no body can name another index

  localaws serve --listen :4566 --allowed-host localaws
      in a network of containers, which reach it as http://localaws:4566

While an upstream does not answer, the gateway answers 500 or 503, which SDKs retry. GET /_localaws/health answers 200 while localaws runs, GET /_localaws/ready only while every upstream answers too (else 503). The upstream checks nothing: only the gateway should be able to reach it.`
}

func (s serve) Run(ctx context.Context, p process) (err error) {
	upstreams, wrongUpstream := upstream.ParseAddresses(s.Upstream)
	if wrongUpstream != nil {
		wrongUpstream = upstreamFailure(wrongUpstream)
	}
	roles, wrongPolicies := s.loadRoles(p)
	if err := errors.Join(s.checkListen(), s.checkHosts(), s.checkSearch(upstreams), wrongPolicies, wrongUpstream); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return listenFailure(s.Listen, err)
	}
	defer listener.Close()
	if err := checkUpstreams(ctx, upstreams, listener.Addr()); err != nil {
		return upstreamFailure(err)
	}
	data, remove, err := s.dataDirectory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	decisions, closeLog, err := s.decisions(p.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	server, err := localaws.New(localaws.Config{Data: data, Region: p.region(), Log: decisions, Upstreams: upstreams, AllowedHosts: s.AllowedHost, SearchDomain: s.SearchDomain, SearchGuard: s.SearchGuard})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := server.PutRoles(roles); err != nil {
		return fmt.Errorf("--policies %s: %w", s.Policies, err)
	}
	s.announce(p, listener.Addr())
	s.announceRoles(p, roles)
	announceUpstreams(ctx, p, upstreams, server)
	return serveUntil(ctx, server.Listener(listener), server, serveLimits, p.err)
}

func (s serve) checkListen() error {
	if _, port, err := net.SplitHostPort(s.Listen); err != nil || !isPort(port) {
		return usageError{fmt.Errorf("--listen %q is not an address: want HOST:PORT, such as %s, with a port of 0 to 65535", s.Listen, defaultListen)}
	}
	return nil
}

// checkSearch refuses a domain without a name that one can have, and a guard that guards nothing.
func (s serve) checkSearch(upstreams map[string]*url.URL) error {
	if err := localaws.CheckSearchDomain(s.SearchDomain); err != nil {
		return usageError{fmt.Errorf("--search-domain: %w", err)}
	}
	if s.SearchGuard && upstreams["es"] == nil {
		return usageError{errors.New("--search-guard needs --upstream es=URL: the embedded indexes refuse such requests anyway")}
	}
	return nil
}

func nothing() error { return nil }

// dataDirectory returns the directory and what to do with it at the end.
func (s serve) dataDirectory() (dir string, end func() error, err error) {
	if s.Data != "" {
		return s.Data, nothing, nil
	}
	dir, err = os.MkdirTemp("", "localaws-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (s serve) decisions(stdout io.Writer) (w io.Writer, end func() error, err error) {
	if s.Log == "" {
		return stdout, nothing, nil
	}
	file, err := os.OpenFile(s.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("--log: %w", err)
	}
	return file, file.Close, nil
}

func (s serve) announce(p process, address net.Addr) {
	fmt.Fprintf(p.err, "localaws: http://%s, account %s, region %s, root key test/test\n", address, localaws.DefaultAccount, p.region())
	if s.Data == "" {
		fmt.Fprintln(p.err, "localaws: data is temporary and gone at the end; --data DIR keeps it")
	}
	if tcp, ok := address.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintf(p.err, "localaws: %s is not loopback: anyone who can reach it can sign as root\n", address)
	}
}

// listenFailure is one line that names the port and the flag that moves it.
func listenFailure(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(address) // it was good enough to listen on
		return fmt.Errorf("port %s is in use (%s): stop what listens there, or choose another with --listen", port, address)
	}
	_, unknown := errors.AsType[*net.DNSError](err)
	if unknown || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("--listen %s is no address of this machine", address)
	}
	return fmt.Errorf("--listen %s: %w", address, err)
}

// bounds are what clients can make a server hold of headers, in bytes of one and of all, and of connections.
type bounds struct {
	header int
	all    connlimit.Limits
}

var (
	// The largest session token fits.
	serveLimits       = bounds{32 << 10, connlimit.Limits{Connections: 512, HeaderBytes: 4 << 20}}
	credentialsLimits = bounds{4 << 10, connlimit.Limits{Connections: 64, HeaderBytes: 128 << 10}}
)

// drainTime is how long requests under way may take once the command has been interrupted.
const drainTime = time.Second

// serveUntil answers requests until ctx ends, then gives those under way drainTime.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler, limits bounds, stderr io.Writer) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: limits.header,
		ErrorLog: log.New(stderr, "localaws: ", 0),
	}
	stopped := make(chan error, 1)
	limited := connlimit.Apply(server, framing.Apply(server, listener), limits.all)
	go func() { stopped <- server.Serve(limited) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return server.Close()
	}
	return nil
}
