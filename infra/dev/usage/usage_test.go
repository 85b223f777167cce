package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

const log = `{"time":"t","level":"INFO","msg":"listening","service":"shipment-service","addr":"a"}
{"service":"shipment-service","log":"audit","kind":"request","msg":"request","status":200,"bytes":100,"tenant":"yellow","request_id":"a"}
{"service":"shipment-service","log":"audit","kind":"request","msg":"request","status":503,"bytes":7,"tenant":"blue","request_id":"b"}
{"service":"shipment-service","log":"audit","kind":"request","msg":"limited","status":429,"requests":40,"bytes":4000,"tenant":"blue"}
{"service":"shipment-service","msg":"request","status":401,"request_id":"c"}
{"service":"tracking-service","log":"audit","kind":"request","msg":"request","status":200,"bytes":90,"tenant":"yellow"}
{"service":"tracking-service","log":"audit","kind":"access","decision":"allow","tenant":"yellow","action":"dynamodb:GetItem","capacity_units":0.5}
{"service":"tracking-service","log":"audit","kind":"access","decision":"deny","tenant":"yellow","action":"dynamodb:GetItem"}
{"service":"tracking-service","log":"audit","kind":"check","decision":"deny","tenant":"check.a"}
`

func usage(t testing.TB, in string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(args, streams{strings.NewReader(in), &out, &err})
	return code, out.String(), err.String()
}

func TestTheTableHasEachTenantOfEachServiceAndTheTotal(t *testing.T) {
	code, out, said := usage(t, log)
	if code != 0 || said != "" {
		t.Errorf("exit %d, %s", code, said)
	}
	var got [][]string
	for line := range strings.Lines(out) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{
		{"SERVICE", "TENANT", "REQUESTS", "LIMITED", "FAILED", "BYTES", "AWS", "CALLS", "DENIALS", "CAPACITY", "UNITS"},
		{"shipment-service", "blue", "41", "40", "1", "4007", "0", "0", "0"},
		{"shipment-service", "yellow", "1", "0", "0", "100", "0", "0", "0"},
		{"shipment-service", "(all)", "42", "40", "1", "4107", "0", "0", "0"},
		{"tracking-service", "yellow", "1", "0", "0", "90", "2", "1", "0.5"},
		{"tracking-service", "(all)", "1", "0", "0", "90", "2", "1", "0.5"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s", out)
	}
}

func TestFilesAreReadInTheirOrderAndStandardInputForADash(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(file, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--json", file, file}, {"--json", file, "-"}} {
		code, out, said := usage(t, log, args...)
		var r Report
		if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil || r.Lines != 18 || r.Services["shipment-service"].Total.Requests != 84 {
			t.Errorf("%v: exit %d, %v, %s%s", args, code, err, out, said)
		}
	}
	if code, _, said := usage(t, "", "/no/such/file"); code != 1 || !strings.Contains(said, "/no/such/file") {
		t.Errorf("a file that is not there: exit %d, %s", code, said)
	}
}

func TestBrokenLinesAreCountedAndRefused(t *testing.T) {
	for name, tc := range map[string]struct{ line, why string }{
		"no JSON":             {"panic: a bug", "not the JSON object"},
		"cut":                 {`{"service":"s","log":"audit","kind":"request","tenant":"blue","sta`, "not the JSON object"},
		"a member twice":      {`{"service":"s","log":"audit","kind":"request","tenant":"blue","tenant":"yellow","status":200}`, "not the JSON object"},
		"half a byte":         {`{"service":"s","log":"audit","kind":"request","tenant":"blue","status":200,"bytes":0.5}`, "not the JSON object"},
		"no tenant":           {`{"service":"s","log":"audit","kind":"request","status":200}`, "not a tenant id"},
		"no service":          {`{"log":"audit","kind":"request","tenant":"blue","status":200}`, "without the name of a service"},
		"no status":           {`{"service":"s","log":"audit","kind":"request","tenant":"blue"}`, `the kind "request"`},
		"no decision":         {`{"service":"s","log":"audit","kind":"access","tenant":"blue"}`, `the kind "access"`},
		"a kind nobody knows": {`{"service":"s","log":"audit","kind":"other","tenant":"blue","status":200}`, `the kind "other"`},
		"less than nothing":   {`{"service":"s","log":"audit","kind":"request","tenant":"blue","status":200,"bytes":-1}`, "below zero"},
		"a service's escape":  {`{"service":"s\u001b[2J","log":"audit","kind":"request","tenant":"blue","status":200}`, "without the name of a service"},
		"a service's line":    {`{"service":"s\nblue\t9","log":"audit","kind":"request","tenant":"blue","status":200}`, "without the name of a service"},
		"too many bytes":      {`{"service":"shipment-service","log":"audit","kind":"request","tenant":"blue","status":200,"bytes":9223372036854775807}`, "above 1099511627776"},
		"too many requests":   {`{"service":"shipment-service","log":"audit","kind":"request","tenant":"blue","status":429,"requests":9223372036854775807}`, "above 1099511627776"},
		"too much capacity":   {`{"service":"shipment-service","log":"audit","kind":"access","tenant":"blue","decision":"allow","capacity_units":1e308}`, "above 1099511627776"},
		"no request":          {`{"service":"s","log":"audit","kind":"request","tenant":"blue","status":429,"requests":0}`, "no requests"},
		"too long":            {`{"service":"` + strings.Repeat("x", maxLine) + `"}`, "longer than"},
	} {
		code, out, said := usage(t, log+tc.line+"\n"+log, "--json")
		var r Report
		if err := json.Unmarshal([]byte(out), &r); code != 1 || err != nil || r.Broken != 1 || r.Lines != 19 || r.Services["shipment-service"].Total.Requests != 84 {
			t.Errorf("%s: exit %d, %v, %s", name, code, err, out)
		}
		if !strings.Contains(said, "standard input, line 10: ") || !strings.Contains(said, tc.why) {
			t.Errorf("%s: told %q, want line 10 and %q", name, said, tc.why)
		}
	}
}

// TestTheSumOverTenantsIsTheTotal, whatever the lines are.
func TestTheSumOverTenantsIsTheTotal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var lines strings.Builder
		requests := int64(0)
		for range rapid.IntRange(0, 50).Draw(rt, "lines") {
			tenant := rapid.SampledFrom([]string{"yellow", "blue", "green"}).Draw(rt, "tenant")
			service := rapid.SampledFrom([]string{"shipment-service", "tracking-service"}).Draw(rt, "service")
			n := rapid.Int64Range(1, 5000).Draw(rt, "n")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				fmt.Fprintf(&lines, `{"service":%q,"log":"audit","kind":"request","status":429,"requests":%d,"bytes":%d,"tenant":%q}`, service, n, n*100, tenant)
				requests += n
			case 1:
				fmt.Fprintf(&lines, `{"service":%q,"log":"audit","kind":"request","status":200,"bytes":%d,"tenant":%q}`, service, n, tenant)
				requests++
			case 2:
				fmt.Fprintf(&lines, `{"service":%q,"log":"audit","kind":"access","decision":"allow","capacity_units":%v,"tenant":%q}`, service, float64(n)/2, tenant)
			case 3:
				lines.WriteString("broken")
			}
			lines.WriteByte('\n')
		}
		_, out, _ := usage(t, lines.String(), "--json")
		var r Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			rt.Fatal(err)
		}
		total := int64(0)
		for name, service := range r.Services {
			var sum Usage
			for _, u := range service.Tenants {
				sum.add(*u)
			}
			if sum != service.Total {
				rt.Fatalf("%s: the sum is %+v, the total %+v", name, sum, service.Total)
			}
			total += service.Total.Requests
		}
		if total != requests {
			rt.Fatalf("%d requests, want %d", total, requests)
		}
	})
}

func TestHelpTeaches(t *testing.T) {
	code, out, _ := usage(t, "", "--help")
	for _, want := range []string{"bin/usage LOGS/", "docker compose logs --no-log-prefix", "jq", "429"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit %d, want %q in\n%s", code, want, out)
		}
	}
}
