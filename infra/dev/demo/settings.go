// Package demo runs the whole of Shiptrack on one machine: the services' own binaries, configured as
// in Compose, under the policies of infra/iam, each in a separate process on loopback. It checks that
// isolation holds before it prints what to try, and it stops every process at its end.
package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/fairshare"
)

// Settings say where each part listens (each field's variable moves it), and what is left out.
type Settings struct {
	ShipmentPort        Port   `env:"SHIPMENT_PORT" default:"8080" help:"shipment-service, the public face."`
	TrackingPort        Port   `env:"TRACKING_PORT" default:"8081" help:"tracking-service, the owner of the data."`
	IssuerPort          Port   `env:"ISSUER_PORT" default:"8082" help:"devissuer, the development issuer."`
	LocalawsPort        Port   `env:"LOCALAWS_PORT" default:"4566" help:"localaws, the local AWS endpoint."`
	CredentialsPort     Port   `env:"CREDENTIALS_PORT" default:"4567" help:"The container-credentials endpoint of the tracking service."`
	ShipmentMetricsPort Port   `env:"SHIPMENT_METRICS_PORT" default:"9080" help:"Metrics of shipment-service."`
	TrackingMetricsPort Port   `env:"TRACKING_METRICS_PORT" default:"9081" help:"Metrics of tracking-service."`
	Region              string `env:"AWS_REGION" default:"us-east-1" help:"The region that localaws plays."`
	Without             string `enum:",shipment-service,tracking-service" default:"" placeholder:"SERVICE" help:"Start all but this service, and wait until you have started it: from an IDE, or under a debugger."`
	PrintEnv            bool   `help:"With --without: print the environment that the service needs, and write it to SERVICE.env beside the binaries."`
	Policies            string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to enforce: those of a set in infra/iam of the checkout that you are in (${default}), or a folder that holds one folder per role. They are read at the start."`
	IsolationCheck      string `enum:",enforce,report" default:"" placeholder:"enforce|report" help:"Whether tracking-service serves nothing where its isolation check shows that isolation does not hold, or only reports it. Without it: report under the article's set, whose sessions need no tag, else enforce."`
	Limits              string `placeholder:"FILE" help:"Limits of the tenants, a JSON file; infra/docs/how-to/limits-and-usage.md has the form. It is read at the start. Without it those of infra/dev/provision/limits.json, which only a flood meets."`
	Bin                 string `default:"bin" help:"Folder of the binaries that make build makes."`
}

// isolationCheck is the mode of tracking-service's isolation check. The article's own policies do not pass it.
func (s Settings) isolationCheck() string {
	switch {
	case s.IsolationCheck != "":
		return s.IsolationCheck
	case s.Policies == string(iam.Article):
		return "report"
	}
	return "enforce"
}

// checkLimits refuses a file that the services would refuse.
func (s Settings) checkLimits() error {
	if s.Limits == "" {
		return nil
	}
	if _, err := fairshare.Read(s.Limits); err != nil {
		return command.Misconfigured(fmt.Errorf("--limits: %w", err))
	}
	return nil
}

// Port is a TCP port, from 1 to 65535.
type Port int

// UnmarshalText reads a port.
func (p *Port) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is not a port: want 1 to 65535", text)
	}
	*p = Port(n)
	return nil
}

// port is one address that the demo needs, with the variable that moves it.
type port struct {
	number         Port
	variable, part string
	service        string // that listens on it
}

func (s Settings) ports() []port {
	return []port{
		{s.ShipmentPort, "SHIPMENT_PORT", "shipment-service", "shipment-service"},
		{s.TrackingPort, "TRACKING_PORT", "tracking-service", "tracking-service"},
		{s.IssuerPort, "ISSUER_PORT", "devissuer", ""},
		{s.LocalawsPort, "LOCALAWS_PORT", "localaws", ""},
		{s.CredentialsPort, "CREDENTIALS_PORT", "container credentials", ""},
		{s.ShipmentMetricsPort, "SHIPMENT_METRICS_PORT", "shipment-service's metrics", "shipment-service"},
		{s.TrackingMetricsPort, "TRACKING_METRICS_PORT", "tracking-service's metrics", "tracking-service"},
	}
}

// checkPorts refuses a port that is taken, or named twice, before anything is started.
func (s Settings) checkPorts() error {
	seen := map[Port]string{}
	for _, p := range s.ports() {
		if other, twice := seen[p.number]; twice {
			return command.Misconfigured(fmt.Errorf("%s and %s both name port %d: give one of them another", other, p.variable, p.number))
		}
		seen[p.number] = p.variable
		if p.service != "" && p.service == s.Without {
			continue // it may run already
		}
		listener, err := net.Listen("tcp", address(p.number))
		if err != nil {
			why := "cannot be listened on (" + err.Error() + ")"
			if errors.Is(err, syscall.EADDRINUSE) {
				why = "is in use"
			}
			return fmt.Errorf("port %d (%s) %s: free it, or move it, for example %s=%d make demo",
				p.number, p.part, why, p.variable, movedPort(p.number))
		}
		listener.Close()
	}
	return nil
}

// address returns where a service listens.
func (s Settings) address(service string) string {
	if service == "tracking-service" {
		return address(s.TrackingPort)
	}
	return address(s.ShipmentPort)
}

// movedPort returns a port to suggest instead of one that is taken.
func movedPort(number Port) Port {
	if number+10000 <= 65535 {
		return number + 10000
	}
	return number - 10000
}

func address(port Port) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))) }

func endpoint(port Port) string { return "http://" + address(port) }
