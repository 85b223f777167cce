package keyalias_test

import (
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// wanted is what `printf yellow | sha256sum` says: provisioning by other tools depends on it.
const wanted = "alias/shiptrack-c685a2c9bab235ccdd2ab0ea92281a52"

func TestAliasIsTheTenantsAloneAndDoesNotSpellIt(t *testing.T) {
	legal := regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`) // KMS API Reference, CreateAlias
	a, b := tenant.IsolationCheck()
	seen := map[string]tenant.ID{}
	for _, id := range []tenant.ID{parse(t, "yellow"), parse(t, "yellow2"), parse(t, "yellow-eu"), parse(t, "blue"), a, b} {
		alias := keyalias.Of(id)
		if other, known := seen[alias]; known {
			t.Errorf("%s and %s share %s", id, other, alias)
		}
		seen[alias] = id
		if !keyalias.Is(alias) || keyalias.Is("alias/aws/s3") {
			t.Errorf("%s: it is one of a tenant's key, and that of a service is none", alias)
		}
		if !legal.MatchString(alias) || strings.Contains(alias, id.String()) {
			t.Errorf("the alias of %s is %q", id, alias)
		}
	}
	if got := keyalias.Of(parse(t, "yellow")); got != wanted {
		t.Errorf("the alias of yellow is %s, want %s", got, wanted)
	}
}

func parse(t *testing.T, text string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
