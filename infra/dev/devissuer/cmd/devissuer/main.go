// Command devissuer is the development issuer: `serve` runs it, `token` asks it for a token, `health` asks
// whether it answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/pkg/allowedhosts"
	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/connlimit"
	"example.com/shiptrack/pkg/framing"
	"github.com/alecthomas/kong"
)

type cli struct {
	Serve  serve  `cmd:"" help:"Run the issuer on loopback until it is interrupted."`
	Token  token  `cmd:"" help:"Print a token of the running issuer, and nothing else."`
	Health health `cmd:"" help:"Exit 0 if the running issuer answers, 1 if not."`
}

const description = `An OpenID Connect issuer FOR DEVELOPMENT ONLY: it signs a token for anyone who asks.

Examples:

  devissuer serve
      signs with a key of its own that is gone at the end, and its tokens with it

  devissuer token --tenant yellow
      a token of one hour; curl -H "Authorization: Bearer $(devissuer token --tenant yellow)" ...`

type serve struct {
	Listen      string   `default:"127.0.0.1:8082" help:"Address to listen on; loopback only, unless --beyond-loopback is given."`
	Beyond      bool     `name:"beyond-loopback" help:"Listen beyond loopback too. Only for a network of containers that nobody else can reach: anyone who reaches it gets a token for any tenant."`
	Issuer      string   `help:"URL that the tokens name as their issuer. Default: http:// and the listen address."`
	AllowedHost []string `sep:"none" placeholder:"NAME" help:"Answer for this host name too, beside that of --issuer, IP addresses, localhost and *.localhost; may be given more than once. A request with another Host may come from a web page: 421."`
	Audience    string   `default:"shiptrack" help:"Audience of the tokens."`
	TenantClaim string   `default:"TenantID" help:"Claim that holds the tenant."`
}

type token struct {
	Tenant  string `required:"" help:"Tenant, for example yellow."`
	Subject string `default:"ana" help:"Subject: the user."`
	running
}

type health struct{ running }

// running says which issuer is asked.
type running struct {
	Issuer string `default:"http://127.0.0.1:8082" env:"ISSUER_URL" help:"URL of the running issuer."`
}

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("devissuer"),
		kong.Description(description),
		kong.Bind(streams{stdout, stderr}), kong.BindTo(ctx, (*context.Context)(nil)))
}

// streams are the process's outputs.
type streams struct{ out, err io.Writer }

func (t token) Run(ctx context.Context, std streams) error {
	if err := t.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	signed, err := devissuer.Fetch(ctx, t.Issuer, t.Tenant, t.Subject)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, signed)
	return err
}

// check refuses a URL at which nothing can answer.
func (r running) check() error {
	u, err := url.Parse(r.Issuer)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()) {
		return command.Misconfigured(fmt.Errorf("--issuer %q is not the URL of an issuer, such as http://127.0.0.1:8082", r.Issuer))
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func (h health) Run(ctx context.Context) error {
	if err := h.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return devissuer.Probe(ctx, h.Issuer)
}

func (s serve) Run(ctx context.Context, std streams) error {
	if err := s.check(); err != nil {
		return command.Misconfigured(err)
	}
	listener, err := net.Listen("tcp", s.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: choose another address with --listen", s.Listen)
	} else if err != nil {
		return err
	}
	if s.Issuer == "" {
		s.Issuer = "http://" + listener.Addr().String()
	}
	issuer, err := devissuer.New(devissuer.Config{Issuer: s.Issuer, Audience: s.Audience, TenantClaim: s.TenantClaim, AllowedHosts: s.AllowedHost})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(std.err, "devissuer: FOR DEVELOPMENT ONLY: anyone who reaches %s gets a token for any tenant\n", s.Issuer)
	server := &http.Server{
		Handler: issuer, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader,
	}
	return command.Serve(ctx, server, connlimit.Apply(server, framing.Apply(server, listener), limits))
}

// check says everything that is wrong with the flags.
func (s serve) check() error {
	wrong := s.checkListen()
	if s.Issuer != "" {
		wrong = errors.Join(wrong, running{s.Issuer}.check())
	}
	if s.Audience == "" {
		wrong = errors.Join(wrong, errors.New("--audience is empty: give what the tokens' aud shall name, such as shiptrack"))
	}
	if s.TenantClaim == "" {
		wrong = errors.Join(wrong, errors.New("--tenant-claim is empty: give the name of a claim, such as TenantID"))
	}
	if _, err := allowedhosts.New(s.AllowedHost...); err != nil {
		wrong = errors.Join(wrong, fmt.Errorf("--allowed-host: %w", err))
	}
	return wrong
}

func (s serve) checkListen() error {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !isPort(port) {
		return fmt.Errorf("--listen %q: want host:port, for example 127.0.0.1:8082", s.Listen)
	}
	if ip := net.ParseIP(host); !s.Beyond && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %q: this issuer signs a token for anyone who asks, so it listens on loopback only (127.0.0.1 or ::1), unless --beyond-loopback is given", s.Listen)
	}
	return nil
}

const maxHeader = 4 << 10 // bytes: nobody has a reason to send more

// limits are what all clients together can make the issuer hold.
var limits = connlimit.Limits{Connections: 128, HeaderBytes: 256 << 10}
