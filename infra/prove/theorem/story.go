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
	request := r.Request.told(func(key string) bool { return !strings.HasPrefix(key, principalTags) })
	return fmt.Sprintf("%s may %s, %s", who, request, what)
}

// told is the request for people, with those of its condition keys that are wanted.
func (r *Request) told(wanted func(key string) bool) string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		if wanted(key) {
			keys = append(keys, key+"="+strings.Join(r.Context[key], ","))
		}
	}
	said := r.Action + " " + r.Resource
	if len(keys) > 0 {
		said += " with " + strings.Join(keys, " and ")
	}
	return said
}
