package main

import (
	"fmt"
	"strings"
	"time"
)

// banner prints, within a screen, what runs where and what to try.
func (d *demo) banner(first time.Duration, r report) {
	fmt.Fprintf(d.out, `
Shiptrack is up: the first ETA was answered %d ms after the start.

  shipment-service  %-22s GET /shipments/<id>/eta, /openapi.yaml
  tracking-service  %-22s assumes TrackingAccessRole, one session per tenant; isolation check: %s
  localaws          %-22s the AWS endpoint that enforces these policies
  devissuer         %-22s tokens for development
  policies          %s
                    sha256 %s
  logs              %s (decisions.jsonl: every IAM decision)

Self-check: %s
  yellow's key: answered.  blue's key: AccessDeniedException, because
  %s

Paste these into another terminal, in this folder:

%s
Ctrl-C stops everything.
`, first.Milliseconds(), address(d.ShipmentPort), address(d.TrackingPort), d.isolationCheck(), address(d.LocalawsPort), address(d.IssuerPort), d.policies.Name, d.policies.SHA256, d.dir,
		r.session, strings.Replace(r.denial, ": ", ":\n  ", 1), d.commands(r))
}

// commands are the three that the README shows too.
func (d *demo) commands(r report) string {
	base := endpoint(d.ShipmentPort) + "/shipments"
	token := func(tenant string) string {
		issuer := ""
		if d.IssuerPort != 8082 {
			issuer = fmt.Sprintf(" ISSUER_PORT=%d", d.IssuerPort)
		}
		return fmt.Sprintf(`-H "Authorization: Bearer $(make token TENANT=%s%s)"`, tenant, issuer)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  curl -sS %s %s/1001/eta\n      yellow's shipment 1001: eta %s\n\n", token("yellow"), base, r.yellow)
	fmt.Fprintf(&b, "  curl -sS %s %s/1001/eta\n      blue's own 1001, the same id: eta %s\n\n", token("blue"), base, r.blue)
	fmt.Fprintf(&b, "  curl -sS %s %s/{1002,9999}/eta; curl -sS %s/1001/eta\n", token("blue"), base, base)
	b.WriteString("      404 twice, alike: 1002 is yellow's, 9999 is nobody's. Then 401: no token\n")
	return b.String()
}
