package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestPortThatIsNoneIsNamedInPlainWords(t *testing.T) {
	for value, want := range map[string]string{
		"x":     `demo: --shipment-port: "x" is not a port: want 1 to 65535 (from envar SHIPMENT_PORT="x") (try --help)`,
		"99999": `"99999" is not a port`, "0": `"0" is not a port`, "-1": `"-1" is not a port`,
		"": "", // it counts as not set: whatever is wrong then is not the port's value
	} {
		t.Setenv("SHIPMENT_PORT", value)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"--bin", "nowhere"}, &stdout, &stderr)
		if code == 0 || !strings.Contains(stderr.String(), want) || value == "" && strings.Contains(stderr.String(), "SHIPMENT_PORT=\"") {
			t.Errorf("SHIPMENT_PORT=%q: exit %d, %q; want %q", value, code, &stderr, want)
		}
	}
}
