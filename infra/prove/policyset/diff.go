package policyset

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// Diff is what a change of policies allows and denies.
type Diff struct {
	Old       string   `json:"old"`
	New       string   `json:"new"`
	Changed   []string `json:"changedRoles"` // roles whose documents differ
	Allowed   []Change `json:"becameAllowed"`
	Denied    []Change `json:"becameDenied"`
	Undecided []Open   `json:"undecided"`
	Seconds   float64  `json:"seconds"`
	First     bool     `json:"noPoliciesBefore"` // see ReadBefore: all that is allowed is new, and no failure
}

// Change is a request that one of the sets alone allows.
type Change struct {
	Role    string `json:"role"`
	At      Place  `json:"at"`
	Request string `json:"request"`
}

// pair is a role before and after.
type pair struct{ old, changed *Role }

// Compare compares what two sets allow, role by role: see theorem.Compare. A role that is in one set alone is compared with one that nobody may
// assume and that is granted nothing.
func Compare(ctx context.Context, old, changed *Set) (*Diff, error) {
	began := time.Now()
	if old.Account != changed.Account {
		return nil, fmt.Errorf("%s is of account %s and %s of %s: compare sets of one account", old.Name, old.Account, changed.Name, changed.Account)
	}
	d := &Diff{Old: old.Name, New: changed.Name}
	pairs := d.pairs(old, changed)
	results := make([]Diff, len(pairs))
	err := onEachProcessor(ctx, len(pairs), "compared", func(i int) error { return results[i].compare(old, changed, pairs[i]) })
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		d.Allowed, d.Denied, d.Undecided = append(d.Allowed, r.Allowed...), append(d.Denied, r.Denied...), append(d.Undecided, r.Undecided...)
	}
	d.Seconds = time.Since(began).Seconds()
	return d, nil
}

// WithoutBefore says that there were no policies before. What is not decided of the new ones is for prove policies to say.
func (d *Diff) WithoutBefore() { d.First, d.Undecided = true, nil }

// pairs are the roles that differ.
func (d *Diff) pairs(old, changed *Set) []pair {
	var all []pair
	for i := range changed.Roles {
		r := &changed.Roles[i]
		if before := old.role(r.Name); before == nil || !before.same(r) {
			all = append(all, pair{before, r})
		}
	}
	for i := range old.Roles {
		if r := &old.Roles[i]; changed.role(r.Name) == nil {
			all = append(all, pair{r, nil})
		}
	}
	for _, p := range all {
		if p.changed != nil {
			d.Changed = append(d.Changed, p.changed.Name)
		} else {
			d.Changed = append(d.Changed, p.old.Name)
		}
	}
	return all
}

// same reports whether two roles have the same texts.
func (r *Role) same(o *Role) bool {
	text := func(a, b Document) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }
	return text(r.Trust, o.Trust) && maps.Equal(r.Tags, o.Tags) && slices.EqualFunc(r.Policies, o.Policies, text) && len(r.Unknown) == 0 && len(o.Unknown) == 0 &&
		(r.Boundary == nil) == (o.Boundary == nil) && (r.Boundary == nil || text(*r.Boundary, *o.Boundary))
}

// compare compares the two of a pair.
func (d *Diff) compare(old, changed *Set, p pair) error {
	a, err := old.parsedRole(p.old)
	if err != nil {
		return err
	}
	b, err := changed.parsedRole(p.changed)
	if err != nil {
		return err
	}
	name := a.Name
	if p.changed != nil {
		name = b.Name
		d.unknowns(p, changed, []theorem.Role{a, b})
		if len(p.changed.Unknown) > 0 && p.changed.Trust.Text == nil {
			return nil
		}
	}
	if a.Anyone {
		d.beside(old, changed, &a, &b)
	}
	a.Name, b.Name = name, name
	if a.Boundary != nil || b.Boundary != nil {
		d.Undecided = append(d.Undecided, Open{changed.placed(theorem.Place{File: name + "/trust.json", Line: 1, Column: 1}), name + " has a permissions boundary, and two roles with one are not compared: compare them with prove policies, before and after"})
		return nil
	}
	c, err := theorem.Compare(changed.Account, []theorem.Role{a}, []theorem.Role{b}, &theorem.Ownership{Tag: mostUsedTag([]theorem.Role{a, b})})
	if err != nil {
		return err
	}
	d.take(name, c, old, changed, narrowed(&a, &b))
	return nil
}

// unknowns tells what of a pair is not compared: what a source does not say, which may be a Deny that was there before; and tags of the role
// itself that policies look at.
func (d *Diff) unknowns(p pair, changed *Set, roles []theorem.Role) {
	unknown, before := slices.Clone(p.changed.Unknown), map[string]string{}
	if p.old != nil {
		unknown, before = append(unknown, p.old.Unknown...), p.old.Tags
	}
	for _, u := range unknown {
		d.Undecided = append(d.Undecided, Open{Place{File: u.Where, Line: 1, Column: 1}, u.What + ": " + u.Do})
	}
	if maps.Equal(before, p.changed.Tags) || p.old == nil {
		return
	}
	for _, key := range tagKeys(roles) {
		if was, is := tagOf(before, key), tagOf(p.changed.Tags, key); was != is {
			at := changed.placed(theorem.Place{File: p.changed.Name + "/trust.json", Line: 1, Column: 1})
			d.Undecided = append(d.Undecided, Open{at, fmt.Sprintf("the role's own tag %s was %q and is %q, and a session without the tag has it: compare by hand", key, was, is)})
		}
	}
}

// beside tells what of an Other is not compared request by request: what it denied before may be what a role, or a user of a group, is granted
// elsewhere; and whom the policy of a resource lets in is compared only where all of its statements let in the same.
func (d *Diff) beside(old, changed *Set, before, after *theorem.Role) {
	open := func(s *Set, of statement, why string) {
		d.Undecided = append(d.Undecided, Open{s.placed(of.at), why + ": compare by hand"})
	}
	var lets []policy.Principals
	was, is := statementsOf(before), statementsOf(after)
	for _, c := range was {
		if c.Effect == policy.ExplicitDeny {
			open(old, c, before.Name+" denied this to others, and has changed")
		} else {
			lets = append(lets, c.Principals)
		}
	}
	for _, c := range is {
		if c.Effect == policy.Allow && len(lets) > 0 && slices.ContainsFunc(lets, func(o policy.Principals) bool { return !reflect.DeepEqual(o, c.Principals) }) {
			open(changed, c, after.Name+" may let in others than before")
		}
	}
}

// statement is a statement with its place.
type statement struct {
	policy.Clause
	at theorem.Place
}

// statementsOf are those of what r is granted.
func statementsOf(r *theorem.Role) []statement {
	var all []statement
	for _, n := range r.Identity {
		for _, c := range n.Policy.Clauses() {
			all = append(all, statement{c, theorem.Place{File: n.Name + ".json", Line: c.At.Line, Column: c.At.Column, Sid: c.Sid}})
		}
	}
	return all
}

// tagOf is the value of a tag, by its key in any case of letters.
func tagOf(tags map[string]string, key string) string {
	for k, value := range tags {
		if strings.EqualFold(k, key) {
			return value
		}
	}
	return ""
}

// take adds what a comparison of one role found. less says that its permission policies are known to allow no more.
func (d *Diff) take(name string, c *theorem.Comparison, old, changed *Set, less bool) {
	if c.Added != nil {
		d.Allowed = append(d.Allowed, Change{name, changed.placed(c.Added.At), c.Added.String()})
	}
	if c.Removed != nil {
		d.Denied = append(d.Denied, Change{name, old.placed(c.Removed.At), c.Removed.String()})
	}
	for _, at := range c.Beyond {
		if !less || strings.HasSuffix(at.File, "/trust.json") {
			d.Undecided = append(d.Undecided, Open{changed.placed(at), "no request could be shown that became allowed, and none could be excluded: make the change in smaller steps, or compare by hand"})
		}
	}
}

// nobody trusts no principal. It is never written to.
var nobody = func() *policy.Policy {
	p, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:*"}}`), policy.Trust)
	if err != nil {
		panic(err)
	}
	return p
}()

// parsedRole is r, or where it is nil, or its trust policy is not known, one that nobody may assume.
func (s *Set) parsedRole(r *Role) (theorem.Role, error) {
	none := theorem.Role{Trust: policy.Named{Name: "trust", Policy: nobody}}
	if r == nil {
		return none, nil
	}
	one := &Set{Roles: []Role{*r}}
	parsed, err := one.parsed()
	if err != nil {
		return none, err
	}
	if parsed[0].Trust.Policy == nil {
		parsed[0].Trust = none.Trust
	}
	return parsed[0], nil
}
