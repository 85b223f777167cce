package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/command"
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

// TestAllFaultsOfTheDemosSettingsAreSaidAtOnce: who mends one must not meet the next at the next start.
func TestAllFaultsOfTheDemosSettingsAreSaidAtOnce(t *testing.T) {
	s := Settings{ShipmentPort: 1, TrackingPort: 1, PrintEnv: true, Policies: "/no/such/folder", Limits: "/no/such/limits", Bin: "/no/such/bin", Region: "us-east-1"}
	err := runDemo(t.Context(), s, io.Discard)
	if err == nil {
		t.Fatal("the demo runs")
	}
	for _, want := range []string{"--print-env is for", `no binaries in "/no/such/bin"`, `no policies at "/no/such/folder"`, "--limits: cannot be read"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	free := Port(listener.Addr().(*net.TCPAddr).Port)
	for name, tc := range map[string]struct {
		settings Settings
		want     string
	}{
		"a port twice":      {Settings{ShipmentPort: free, TrackingPort: free}, "both name port"},
		"--print-env alone": {Settings{PrintEnv: true}, "--print-env is for"},
	} {
		code := command.Run(&faulty{tc.settings}, nil, io.Discard, io.Discard)
		if err := errors.Join(tc.settings.checkPorts(), tc.settings.checkWithout()); code != command.Usage || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: exit %d, %v, want %d and %q", name, code, err, command.Usage, tc.want)
		}
	}
}

// faulty is a command whose settings are already there.
type faulty struct {
	settings Settings `kong:"-"`
}

func (f *faulty) Run() error { return errors.Join(f.settings.checkPorts(), f.settings.checkWithout()) }
