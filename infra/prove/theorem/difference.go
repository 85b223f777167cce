package theorem

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// Difference is a request that one of two sets of policies allows.
type Difference struct {
	Role    string
	At      Place // the statement that allows it
	Request Request
	By      string // of a trust policy: the principal that asks
}

// String tells the difference as a request.
func (d *Difference) String() string {
	said := d.Request.told(func(string) bool { return true })
	if d.By != "" {
		said += " by " + d.By
	}
	return said
}

// difference is a request of one of the situations for which show is true.
func (o *obligation) difference(situations []*situation, show asking) *Difference {
	for _, s := range situations {
		for _, fixed := range []map[string]string{{}, {o.tagKey: "yellow"}} {
			if w := s.words[o.tagKey]; len(fixed) > 0 && (w == nil || w.presence != present) {
				continue
			}
			values, fault := o.fill(s, fixed, "")
			if fault != "" {
				continue
			}
			r := requestOf(values, nil)
			if by, differs := show(&r, s); differs {
				return &Difference{o.role.Name, o.allows[0].at, r, by}
			}
			r.Context = doubled(r.Context, s)
			if by, differs := show(&r, s); differs {
				return &Difference{o.role.Name, o.allows[0].at, r, by}
			}
		}
	}
	return nil
}

// doubled is values with each key that may have several given twice what it has: an operator for one value decides nothing then.
func doubled(values map[string][]string, s *situation) map[string][]string {
	values = maps.Clone(values)
	for key, list := range values {
		if w := s.words[key]; w != nil && w.multi && !w.one {
			values[key] = append(slices.Clone(list), list...)
		}
	}
	return values
}

// trustedBeyond is a principal, of those that a's trust policy names, whom a trusts with a request and b does not.
func (p *prover) trustedBeyond(a, b *Role, q *Request, s *situation) (by string, ok bool) {
	for _, c := range clausesOf(a.Trust) {
		for _, name := range c.Principals.Source {
			caller, _ := p.caller(name)
			if !slices.Contains(c.Principals.Services, name) && caller.Service != "" {
				caller = p.stranger(name)
			}
			ask := &policy.Request{Action: q.Action, Resource: q.Resource, Caller: caller, Context: contextOf(q.Context, s)}
			if trusts(a, ask) && !trusts(b, ask) {
				return cmp.Or(caller.Service, caller.RoleARN), true
			}
		}
	}
	return "", false
}

// trusts asks r's trust policy alone.
func trusts(r *Role, ask *policy.Request) bool {
	return policy.DecideTrust(r.Trust, policy.Policies{Identity: everything}, ask).Effect == policy.Allow
}

// stranger is a session of a role outside the set: of the one that name is, or of any where it is an account or everyone.
func (p *prover) stranger(name string) policy.Caller {
	role := name
	if !strings.Contains(name, ":role/") {
		role = "arn:aws:iam::" + cmp.Or(accountOf(name), p.account) + ":role/Stranger"
	}
	_, short, _ := strings.Cut(role, ":role/")
	account := policy.ResourceAccount(role)
	return policy.Caller{ARN: "arn:aws:sts::" + account + ":assumed-role/" + short + "/task", RoleARN: role, Account: account}
}

// accountOf is the account that a principal is, by its number or its ARN; empty: none.
func accountOf(principal string) string {
	number := principal
	if before, isRoot := strings.CutSuffix(principal, ":root"); isRoot {
		number = before[strings.LastIndexByte(before, ':')+1:]
	}
	return policy.ResourceAccount("arn:aws:iam::" + number + ":root")
}

// everything allows all, for callers whose own policies are not the question. It is never written to.
var everything = func() []policy.Named {
	p, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), policy.Identity)
	if err != nil {
		panic(err)
	}
	return []policy.Named{{Name: "everything", Policy: p}}
}()
