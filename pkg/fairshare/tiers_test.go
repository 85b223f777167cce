package fairshare_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/tenant"
)

// good is a file; tests change it.
const good = `{
  "defaultTier": "standard",
  "tiers": {
    "standard": {"rate": 10, "burst": 20, "inFlight": 3},
    "large": {"rate": 100, "burst": 200, "inFlight": 30}
  },
  "tenants": {"yellow": "large"}
}`

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func parse(t testing.TB, text string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestATenantIsOfTheTierThatTheFileNames(t *testing.T) {
	tiers, err := fairshare.Read(write(t, good))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"yellow": "large", "blue": "standard"} {
		if got := tiers.Of(parse(t, id)); got != want {
			t.Errorf("%s is of %s, want %s", id, got, want)
		}
	}
	var none *fairshare.Tiers
	if got := none.Of(parse(t, "yellow")); got != "all" {
		t.Errorf("without a file a tenant is of %q, want all", got)
	}
}

func TestAFileThatIsWrongIsRefusedWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"a member nobody knows": {`"inFlight": 3}`, `"inFlight": 3, "inflight": 3}`, "line 4, /tiers/standard"},
		"no number":             {`"rate": 10,`, `"rate": "10",`, "line 4, /tiers/standard/rate: a JSON string cannot stand here"},
		"half a request":        {`"burst": 20`, `"burst": 1.5`, "line 4, /tiers/standard/burst"},
		"a comma too many":      {`"yellow": "large"}`, `"yellow": "large",}`, "line 7, /tenants"},
		"a tenant twice":        {`"yellow": "large"`, `"yellow": "large", "yellow": "standard"`, "line 7, /tenants/yellow"},
		"a tier twice":          {`"large": {`, `"standard": {`, "line 5, /tiers/standard"},
		"the end is missing":    {"}\n}", "}", "line"},
		"no default":            {`"defaultTier": "standard"`, `"defaultTier": ""`, `/defaultTier: "" is none of the tiers`},
		"a tier nobody has":     {`"yellow": "large"`, `"yellow": "huge"`, `/tenants/yellow: "huge" is none of the tiers`},
		"no tenant":             {`"yellow"`, `"Yellow"`, `/tenants: "Yellow": tenant: not a tenant id`},
		"no rate":               {`"rate": 10,`, ``, "/tiers/standard/rate: 0 is outside 0.1 to 1000000"},
		"a negative rate":       {`"rate": 10,`, `"rate": -1,`, "/tiers/standard/rate: -1 is outside"},
		"no burst":              {`"burst": 20,`, ``, "/tiers/standard/burst: 0 is outside 1 to 600"},
		"more than a minute":    {`"burst": 20`, `"burst": 601`, "/tiers/standard/burst: 601 is outside 1 to 600"},
		"none in flight":        {`"inFlight": 3}`, `"inFlight": 0}`, "/tiers/standard/inFlight: 0 is outside"},
		"a tier's name":         {`"large": {`, `"Large tier": {`, `/tiers: "Large tier" is not the name of a tier`},
	} {
		changed := strings.Replace(good, tc.from, tc.to, 1)
		path := write(t, changed)
		_, err := fairshare.Read(path)
		if changed == good || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %q and the file", name, err, tc.want)
		}
	}
}

func TestMoreTiersThanMetricsCanHoldAreRefused(t *testing.T) {
	for n, ok := range map[int]bool{32: true, 33: false} {
		var tiers []string
		for i := range n {
			tiers = append(tiers, fmt.Sprintf(`"t%d": {"rate": 1, "burst": 1, "inFlight": 1}`, i))
		}
		_, err := fairshare.Read(write(t, `{"defaultTier": "t0", "tiers": {`+strings.Join(tiers, ",")+`}}`))
		if (err == nil) != ok {
			t.Errorf("%d tiers: got %v, want accepted %v", n, err, ok)
		}
	}
}

type settings struct{ Limits fairshare.Settings }

func TestTheFileIsReadAtTheStart(t *testing.T) {
	s, err := config.Load[settings]([]string{"TENANT_LIMITS_FILE=" + write(t, good)})
	if err != nil || s.Limits.Tiers().Of(parse(t, "yellow")) != "large" {
		t.Fatalf("got %v, want the tiers of the file", err)
	}
	if s, err = config.Load[settings](nil); err != nil || s.Limits.Tiers() != nil {
		t.Errorf("without the variable: %v, %v, want no limits", s.Limits.Tiers(), err)
	}
	for name, path := range map[string]string{"missing": "/no/such/file", "wrong": write(t, "{}")} {
		if _, err := config.Load[settings]([]string{"TENANT_LIMITS_FILE=" + path}); err == nil || !strings.Contains(err.Error(), "TENANT_LIMITS_FILE: ") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want the variable and the file", name, err)
		}
	}
}
