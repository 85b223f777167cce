package theorem

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// Comparison says how two sets of policies differ in what they allow.
type Comparison struct {
	// Added is a request that only the second set allows, Removed one that only the first allows; nil: proven that there is none, or
	// not decided.
	Added, Removed *Difference
	// Undecided are statements beside which no request could be shown and none could be excluded. Beyond are those of the second set:
	// it may allow more.
	Undecided, Beyond []Place
}

// Same reports whether both sets are proven to allow the same.
func (c *Comparison) Same() bool { return c.Added == nil && c.Removed == nil && len(c.Undecided) == 0 }

// Compare compares what old and changed, which have the same roles, allow: the permission policies by their requests, the trust policies by
// AssumeRole and TagSession. The facts that it uses about requests: an action is for resources of its own service (of STS: for roles); a
// session's name and tags have the characters that STS takes; sts:TagSession is asked for only where there are tags; kms:ViaService is the
// name of a host.
func Compare(account string, old, changed []Role, owned *Ownership) (*Comparison, error) {
	return compareSets(account, old, changed, owned, false)
}

// CompareDecided is Compare for requests without an empty tag: of those policy.Policies.Decide concludes nothing, and so it tells no two sets
// apart by them. It is for those who ask what localaws decides, and not what AWS may.
func CompareDecided(account string, old, changed []Role, owned *Ownership) (*Comparison, error) {
	return compareSets(account, old, changed, owned, true)
}

func compareSets(account string, old, changed []Role, owned *Ownership, valued bool) (*Comparison, error) {
	p, err := newSpeaker(account, slices.Concat(old, changed), owned)
	if err != nil {
		return nil, err
	}
	p.valued = valued
	out := &Comparison{}
	for i := range changed {
		at := slices.IndexFunc(old, func(r Role) bool { return r.Name == changed[i].Name })
		if at < 0 {
			return nil, fmt.Errorf("role %s is in one of the sets alone", changed[i].Name)
		}
		if !p.within(maxEffort, func() {
			p.roles = old
			p.compare(out, &old[at], &changed[i], &out.Removed)
			p.roles = changed
			before := len(out.Undecided)
			p.compare(out, &changed[i], &old[at], &out.Added)
			out.Beyond = append(out.Beyond, out.Undecided[before:]...)
		}) {
			out.Undecided = append(out.Undecided, Place{File: changed[i].Name})
			out.Beyond = append(out.Beyond, Place{File: changed[i].Name})
		}
	}
	return out, nil
}

// compare looks for a request that a allows and b does not.
func (p *prover) compare(out *Comparison, a, b *Role, found **Difference) {
	// What two roles have in common as a boundary, they have in common in what it leaves of them: a difference within it is looked for. A Deny of
	// a boundary is one like all others.
	one, other := side(clausesOf(a.Identity...)), side(clausesOf(b.Identity...))
	if !reflect.DeepEqual(spelled(a.Boundary), spelled(b.Boundary)) {
		bounds, others := side(boundaryOf(a)), side(boundaryOf(b))
		if len(bounds.allows) == 0 || !slices.EqualFunc(bounds.allows, others.allows, alike) {
			out.Undecided = append(out.Undecided, Place{File: a.Name})
			return
		}
		one.denies, other.denies = append(one.denies, bounds.denies...), append(other.denies, others.denies...)
		one, other = withoutShared(one, other)
	}
	p.beyond(out, one, other, a, found, p.requests, func(r *Request, s *situation) (string, bool) {
		ask := &policy.Request{Action: r.Action, Resource: r.Resource, Context: contextOf(r.Context, s)}
		return "", policy.Policies{Identity: a.Identity, Boundary: a.Boundary}.Decide(ask).Effect == policy.Allow && policy.Policies{Identity: b.Identity, Boundary: b.Boundary}.Decide(ask).Effect != policy.Allow
	})
	for _, name := range []string{assumeRole, tagSession} {
		p.beyond(out, p.about(a, name), p.about(b, name), a, found, func(*placed) []*situation { return p.asking(a, name) }, func(r *Request, s *situation) (string, bool) {
			return p.trustedBeyond(a, b, r, s)
		})
	}
}

// spelled is a boundary as it was written: functions cannot be compared.
func spelled(boundary *policy.Named) []policy.Clause {
	if boundary == nil {
		return nil
	}
	clauses := boundary.Policy.Clauses()
	for i := range clauses {
		for j := range clauses[i].Conditions {
			clauses[i].Conditions[j].Matches = nil
		}
	}
	return clauses
}

// about are the statements of r's trust policy that name an action.
func (p *prover) about(r *Role, name string) statements {
	return side(slices.DeleteFunc(clausesOf(r.Trust), func(c placed) bool { return !p.does(&c, name) }))
}

// requests are those that an Allow may be about, by the services that it names.
func (p *prover) requests(c *placed) []*situation {
	var all []*situation
	for _, service := range allServices(c) {
		arns := or(p.ownedARN("arn:*:"+strings.ReplaceAll(service, "*", "?*")+":*:*:*"), p.exactly("*"))
		if service == "sts" {
			arns = or(arns, p.ownedARN("arn:*:iam:*:*:*")) // the roles
		}
		s := &situation{alphabet: p.alphabet, words: map[string]*word{}, base: p.grammar()}
		s.asks(p.names([]string{service + ":*"}), arns)
		all = append(all, s)
	}
	return all
}

// grammar is what values may be by the rules of the services, where they are not empty.
func (p *prover) grammar() map[string]*automaton {
	host := p.some(p.where(func(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '-' }), false)
	all := map[string]*automaton{fold("kms:ViaService"): host}
	tag := p.some(p.where(isTag), false)
	for _, kind := range []string{"aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/"} {
		all[fold(kind+p.owned.Tag)] = tag
	}
	return all
}

// asking are the requests for an action on r, by the rules of STS.
func (p *prover) asking(r *Role, name string) []*situation {
	s := p.start()
	maps.Copy(s.base, p.grammar())
	s.asks(p.exactly(name), p.exactly(p.arnOf(r)))
	if name == tagSession {
		delete(s.words, sessionName) // see ofName
		s.add(fact{key: tagKeys, presence: present, multi: true})
	}
	return []*situation{s}
}
