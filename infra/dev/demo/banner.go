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
%s
Paste these into another terminal, in this folder:

%s
Ctrl-C stops everything.
`, first.Milliseconds(), address(d.ShipmentPort), address(d.TrackingPort), d.isolationCheck(), address(d.LocalawsPort), address(d.IssuerPort), d.policies.Name, d.policies.SHA256, d.dir,
		r.session, denials(r.denials), d.commands(r))
}

// denials are three lines for each store.
func denials(all []denial) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "  yellow's %s: answered.  blue's: %s, because\n  %s\n", d.what, d.code, strings.Replace(d.why, ": ", ":\n  ", 1))
	}
	return b.String()
}

// commands are those that the README shows too.
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
	b.WriteString("      404 twice, alike: 1002 is yellow's, 9999 is nobody's. Then 401: no token\n\n")
	fmt.Fprintf(&b, "  curl -sS -o /dev/null -w '%%{http_code} %%{content_type}, %%{size_download} bytes\\n' %s %s/1001/documents/%s\n      yellow's bill of lading (-O keeps it), which S3 keeps under yellow's own key; %s/1001/documents lists all\n", token("yellow"), base, document, base)
	fmt.Fprintf(&b, "\n  curl -sS %s '%s'\n      yellow's shipments by words, %d of them, from yellow's own index\n", token("yellow"), d.searchURL(), r.found)
	return b.String()
}
