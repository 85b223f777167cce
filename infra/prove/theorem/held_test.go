package theorem

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

// The random policy sets of the test below, or more of them (LONG=yes), and the requests that each is asked about: 6,000 pairs, or 100,800.
const (
	sets     = 250
	moreSets = 4200
	asked    = 24
	chains   = 6
	slowest  = 20 * time.Second // effort is bounded for each role; a set takes some 40 ms of a processor that nobody else uses
)

// TestTheoremAgreesWithTheEvaluator holds the theorem to policy.Decide and policy.DecideTrust: of random policy sets, none for which it
// says Proven lets one of many requests in their neighbourhood cross, and each refutation crosses.
func TestTheoremAgreesWithTheEvaluator(t *testing.T) {
	checks := sets
	if os.Getenv("LONG") != "" {
		checks = moreSets
	}
	setFlag(t, "rapid.checks", fmt.Sprint(checks))
	setFlag(t, "rapid.nofailfile", "true")
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		setFlag(t, "rapid.seed", "20261129")
	}
	counts, held := map[string]int{}, 0 // with -short, rapid makes a fifth of the checks
	rapid.Check(t, func(t *rapid.T) { held++; hold(t, counts) })
	t.Logf("of %d sets: %v", held, counts)
	for _, enough := range []string{string(Proven), string(Refuted), "crossings", "chains", sts + " " + string(Refuted)} {
		if !t.Failed() && counts[enough] < held/20 {
			t.Errorf("%d of %s: the sets or the requests are such as say nothing", counts[enough], enough)
		}
	}
}

// setFlag sets a flag of rapid for the time of the test.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) }) // it was the value
}

// hold checks one random set.
func hold(t *rapid.T, counts map[string]int) {
	w := drawWorld(t)
	began := time.Now()
	findings, err := Prove(heldAccount, w.roles, w.owned)
	if err != nil {
		t.Fatalf("Prove: %v\n%s", err, w)
	}
	if took := time.Since(began); took > slowest {
		t.Fatalf("Prove took %v\n%s", took, w)
	}
	verdict := map[string]Verdict{}
	for i := range findings {
		f := &findings[i]
		verdict[f.Role+" "+f.Store] = f.Verdict
		counts[string(f.Verdict)]++
		if f.Store == sts {
			counts[sts+" "+string(f.Verdict)]++
		}
		if (f.Verdict == Refuted) != (len(f.Refutations) > 0) || (f.Verdict == Undecided) && len(f.Open) == 0 {
			t.Fatalf("%+v\n%s", f, w)
		}
		for _, r := range f.Refutations {
			if f.Store == sts {
				w.checkChain(t, r)
			} else {
				w.checkRefutation(t, f, r)
			}
		}
	}
	for range chains {
		w.holdChain(t, verdict, counts)
	}
	for range asked {
		s := w.drawSession(t)
		if !w.vends(s) {
			continue
		}
		r := w.drawRequest(t, s)
		store, crosses := w.crosses(r, s.tenant())
		if !crosses || !w.allows(s.role, r) {
			continue
		}
		counts["crossings"]++
		if v := verdict[s.role+" "+store]; v == Proven || v == Nothing || v == "" {
			t.Fatalf("%s of %s is %q, but a session %+v of it may do %s\n%s", store, s.role, v, s, showRequest(r), w)
		}
	}
}

// session is what an AssumeRole asks for.
type session struct {
	role, by, name string
	from           *session // whose caller is a session that was drawn
	tags           map[string]string
	transitive     []string
}

// tenant is the value of the session's tag, by the key in any case of letters; empty: none.
func (s *session) tenant() string { return tagOf(s.all(), heldTag) }

// all are the session's tags, those that came along among them.
func (s *session) all() map[string]string {
	all := s.brought()
	maps.Copy(all, s.tags)
	return all
}

// brought are the transitive tags of the session that asks.
func (s *session) brought() map[string]string {
	all := map[string]string{}
	if s.from == nil {
		return all
	}
	for key, value := range s.from.all() {
		if s.from.keeps(key) {
			all[key] = value
		}
	}
	return all
}

// keeps reports whether a tag is transitive.
func (s *session) keeps(key string) bool {
	is := func(k string) bool { return strings.EqualFold(k, key) }
	return slices.ContainsFunc(s.transitive, is) || slices.ContainsFunc(slices.Collect(maps.Keys(s.brought())), is)
}

func (w *world) role(name string) *Role {
	return &w.roles[slices.IndexFunc(w.roles, func(r Role) bool { return r.Name == name })]
}

// vends asks the trust policy of the session's role.
func (w *world) vends(s *session) bool {
	ctx := new(policy.Context)
	brought := s.brought()
	for key := range s.tags {
		if tagOf(brought, key) != "" {
			return false // STS does
		}
	}
	if s.from != nil {
		for key, value := range s.from.all() {
			ctx.Set("aws:PrincipalTag/"+key, value)
		}
	}
	var keys []string
	for key, value := range s.tags {
		ctx.Set("aws:RequestTag/"+key, value)
		keys = append(keys, key)
	}
	ctx.SetAll("aws:TagKeys", keys)
	ctx.SetAll("sts:TransitiveTagKeys", s.transitive)
	caller := policy.Caller{Service: s.by}
	var own policy.Policies
	if _, outside := outsider(s.by); !outside && !strings.Contains(s.by, ".") {
		caller = policy.Caller{ARN: "arn:aws:sts::" + heldAccount + ":assumed-role/" + s.by + "/x", RoleARN: roleARN(s.by), Account: heldAccount}
		own = w.policies(s.by)
	}
	if role, ok := outsider(s.by); ok { // whom the ownership file trusts: what its own policies are is not known
		caller = policy.Caller{ARN: "arn:aws:sts::" + policy.ResourceAccount(role) + ":assumed-role/x/x", RoleARN: role, Account: policy.ResourceAccount(role)}
		own = policy.Policies{Identity: everything}
	}
	var asks []string
	if len(s.tags)+len(brought) > 0 {
		asks = append(asks, "sts:TagSession")
	}
	asks = append(asks, "sts:AssumeRole")
	return !slices.ContainsFunc(asks, func(name string) bool {
		if name == "sts:AssumeRole" { // the last: sts:TagSession has no session's name
			ctx.Set("sts:RoleSessionName", s.name)
		}
		r := &policy.Request{Action: name, Resource: roleARN(s.role), Caller: caller, Context: ctx}
		return policy.DecideTrust(w.role(s.role).Trust, own, r).Effect != policy.Allow
	})
}

// outsider is a role of the account or of everyone, or the role itself, where a session is got by who is no role of the set.
func outsider(by string) (role string, ok bool) {
	account, _, isAccount := strings.Cut(strings.TrimPrefix(by, "arn:aws:iam::"), ":root")
	switch {
	case strings.Contains(by, ":role/"):
		return by, true
	case by == "*":
		account, isAccount = heldAccount, true
	case len(by) == 12 && strings.Trim(by, "0123456789") == "":
		account, isAccount = by, true
	}
	return "arn:aws:iam::" + account + ":role/Someone", isAccount
}

func roleARN(name string) string { return "arn:aws:iam::" + heldAccount + ":role/" + name }

func (w *world) policies(role string) policy.Policies {
	r := w.role(role)
	return policy.Policies{Identity: r.Identity, Boundary: r.Boundary}
}

func (w *world) allows(role string, r *policy.Request) bool {
	own := w.policies(role)
	return own.Decide(r).Effect == policy.Allow
}

// checkRefutation holds a refutation to the policies, and to the ownership file as crosses reads it.
func (w *world) checkRefutation(t *rapid.T, f *Finding, r Refutation) {
	s := &session{role: r.Session.Role, by: r.Session.By, name: r.Session.Name, tags: r.Session.Tags, transitive: r.Session.Transitive}
	ctx := new(policy.Context)
	for key, values := range r.Request.Context {
		if len(values) == 1 {
			ctx.Set(key, values[0])
		} else {
			ctx.SetAll(key, values)
		}
	}
	request := &policy.Request{Action: r.Request.Action, Resource: r.Request.Resource, Context: ctx}
	store, crosses := w.crosses(request, r.Tenant)
	switch {
	case !w.vends(s):
		t.Fatalf("no such session is vended: %+v\n%s", r, w)
	case r.Tenant != s.tenant():
		t.Fatalf("the session is not %q's: %+v\n%s", r.Tenant, r, w)
	case !w.allows(f.Role, request):
		t.Fatalf("the request is denied: %+v\n%s", r, w)
	case !crosses || store != f.Store:
		t.Fatalf("the request crosses nothing of %s: %+v\n%s", f.Store, r, w)
	}
	request.Context.Each(func(key string, values []string, _ bool) {
		if tag, ok := strings.CutPrefix(strings.ToLower(key), "aws:principaltag/"); ok && (len(values) != 1 || tagOf(s.tags, tag) != values[0]) {
			t.Fatalf("the session has not the tag %s=%q: %+v\n%s", tag, values, r, w)
		}
	})
}

func tagOf(tags map[string]string, key string) string {
	for k, value := range tags {
		if strings.EqualFold(k, key) {
			return value
		}
	}
	return ""
}

func showRequest(r *policy.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Action, r.Resource)
	r.Context.Each(func(key string, values []string, _ bool) { fmt.Fprintf(&b, " %s=%q", key, values) })
	return b.String()
}

// world is a random set of roles with an ownership file.
type world struct {
	roles     []Role
	owned     *Ownership
	documents map[string]string // for whoever reads a failure
	letters   string            // of tenants' ids
	// statements are those of the permissions, to make requests of.
	statements []statement
}

type statement struct {
	action    string
	resources []string
	condition map[string]map[string]any
}

func (w *world) String() string {
	var b strings.Builder
	for name, document := range w.documents {
		fmt.Fprintf(&b, "%s: %s\n", name, document)
	}
	return b.String()
}

// document makes text of v, and keeps it.
func (w *world) document(t *rapid.T, name string, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	w.documents[name] = string(text)
	return text
}

// parsed are the roles of documents.
func (w *world) parsed(t *rapid.T, roles []localaws.Role) []Role {
	all, err := Roles(roles)
	if err != nil {
		t.Fatalf("%v\n%s", err, w)
	}
	return all
}
