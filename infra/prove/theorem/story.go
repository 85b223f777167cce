package theorem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String tells the refutation in one sentence.
func (r *Refutation) String() string {
	who := fmt.Sprintf("a session of %s for %q", r.Session.Role, r.Tenant)
	if r.Tenant == "" {
		who = "a session of " + r.Session.Role + " without a tenant"
	}
	what := "which names no owner"
	if r.Victim != "" {
		what = fmt.Sprintf("which is of %q", r.Victim)
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(r.Request.Context)) {
		if !strings.HasPrefix(key, "aws:principaltag/") {
			keys = append(keys, key+"="+strings.Join(r.Request.Context[key], ","))
		}
	}
	with := ""
	if len(keys) > 0 {
		with = " with " + strings.Join(keys, " and ")
	}
	return fmt.Sprintf("%s may %s %s%s, %s", who, r.Request.Action, r.Request.Resource, with, what)
}
