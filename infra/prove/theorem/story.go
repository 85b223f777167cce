package theorem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String tells the refutation in one sentence.
func (r *Refutation) String() string {
	began := &r.Session
	var way []string
	for ; began.From != nil; began = began.From {
		way = append([]string{began.Role}, way...)
	}
	who := fmt.Sprintf("a session of %s for %q", began.Role, r.Tenant)
	if r.Tenant == "" {
		who = "a session of " + began.Role + " without a tenant"
	}
	if len(way) > 0 {
		who += ", which loses its tag by way of " + strings.Join(way, " and ") + ","
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
