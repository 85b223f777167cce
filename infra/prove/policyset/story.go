package policyset

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/prove/theorem"
)

// Refutation is a request that crosses tenants, told for people.
type Refutation struct {
	At      Place               `json:"at"`
	Story   string              `json:"story"`
	Action  string              `json:"action"`
	On      string              `json:"resource"`
	Context map[string][]string `json:"context,omitzero"`
	Tenant  string              `json:"tenant"`
	Victim  string              `json:"victim"`
	Session theorem.Session     `json:"session"`
	Guard   Guard               `json:"missingGuard"`
	Replay  string              `json:"replay"`
	Allowed bool                `json:"replayAllowed"`

	from theorem.Refutation
}

// told is r for people. The tenants are called acme, since "yellow" says nothing to who does not know this project.
func (s *Set) told(r *theorem.Refutation, owned *theorem.Ownership) Refutation {
	out := Refutation{At: s.placed(r.At), from: *r, Guard: guardOf(r, owned)}
	out.tell()
	return out
}

// tell fills in what is told of r.from.
func (r *Refutation) tell() {
	f := &r.from
	r.Action, r.On, r.Context = f.Request.Action, f.Request.Resource, f.Request.Context
	r.Tenant, r.Victim, r.Session = f.Tenant, f.Victim, f.Session
	who := "a session of " + f.Tenant
	if f.Tenant == "" {
		who = "a session without a tenant"
	}
	whose := "every tenant's "
	if f.Victim != "" {
		whose = f.Victim + "'s "
	}
	verb, noun := words(f.Request.Action, f.Request.Resource)
	r.Story = fmt.Sprintf("%s can %s %s%s: %s", who, verb, whose, noun, r.Request())
}

// Request is the request for people: action, resource, and what else it has.
func (r *Refutation) Request() string {
	said := r.Action + " " + r.On
	var with []string
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		if !strings.HasPrefix(key, "aws:principaltag/") {
			with = append(with, key+"="+strings.Join(r.Context[key], ","))
		}
	}
	if len(with) > 0 {
		said += " with " + strings.Join(with, " and ")
	}
	return said
}

// How is how the session is got, for people.
func (r *Refutation) How() string {
	if r.Session.By == "" {
		return "role " + r.Session.Role
	}
	said := fmt.Sprintf("%s assumes %s", r.Session.By, r.Session.Role)
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(r.Session.Tags)) {
		tags = append(tags, key+"="+r.Session.Tags[key])
	}
	if len(tags) > 0 {
		return said + " with the session tag " + strings.Join(tags, ", ")
	}
	return said + " without a session tag"
}

// renamed is r with tenants that have names, where the theorem has its own or single letters. It replaces letters by letters, so that what
// separates names stays; whether the policies allow that request too is for who replays it.
func renamed(r theorem.Refutation) theorem.Refutation {
	var pairs []string
	switch suffix := strings.TrimPrefix(r.Victim, r.Tenant); {
	case r.Tenant == "yellow" && suffix != r.Victim && isName(suffix):
		pairs = []string{r.Victim, "acmecorp"}
	case strings.Contains(r.Tenant, "blue"):
		pairs = []string{"blue", "acme", "yellow", "eu"}
	}
	change := strings.NewReplacer(append(pairs, "yellow", "acme")...)
	victim := r.Victim
	out := mapped(r, change.Replace)
	if isName(victim) && len(victim) <= 2 {
		whole := regexp.MustCompile(`\b` + victim + `\b`)
		name := "globex"
		if whole.MatchString(r.Tenant) {
			name = "acme"
		}
		out = mapped(out, func(text string) string { return whole.ReplaceAllString(text, name) })
	}
	return out
}

func isName(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// mapped is r with each of its values as change has it.
func mapped(r theorem.Refutation, change func(string) string) theorem.Refutation {
	r.Tenant, r.Victim = change(r.Tenant), change(r.Victim)
	r.Session.Name, r.Session.By = change(r.Session.Name), change(r.Session.By)
	tags := map[string]string{}
	for key, value := range r.Session.Tags {
		tags[key] = change(value)
	}
	r.Session.Tags = tags
	r.Request.Resource = change(r.Request.Resource)
	context := map[string][]string{}
	for key, list := range r.Request.Context {
		for _, value := range list {
			context[key] = append(context[key], change(value))
		}
		if list != nil && context[key] == nil {
			context[key] = []string{}
		}
	}
	r.Request.Context = context
	return r
}
