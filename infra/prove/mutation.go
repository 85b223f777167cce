package prove

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
)

// Outcome is how a mutant is accounted for.
type Outcome string

// The outcomes. A proof with a mutant that is Unnoticed does not hold.
const (
	Noticed    Outcome = "noticed"
	Masked     Outcome = "masked"     // a second layer still denies: once a second mutant removes that layer too, an attack notices
	Equivalent Outcome = "equivalent" // proven: it decides every request as the original document does
	// RefutedByTheorem: no attack notices it, and the theorem does.
	RefutedByTheorem Outcome = "refuted"
	Harmless         Outcome = "harmless" // proven: what it adds touches nobody else's data
	Unnoticed        Outcome = "UNNOTICED"
)

// Mutation is a mutant that was attacked.
type Mutation struct {
	mutate.Mutant
	Outcome Outcome
	By      string // the attack that gets through, or whose control is refused
	With    string // Masked: the second mutant
	Proof   string // what the theorem says of it; empty: an attack notices it
}

// found holds the attacks whose verdict is not Holds.
type found map[*Attack]Verdict

// going returns the names of the attacks whose verdict shows the effect of a mutant of direction d.
func (f found) going(d mutate.Direction) []*Attack {
	var all []*Attack
	for a, v := range f {
		if goes(d, v) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Mutations carries out attacks on every mutant of the documents of roles, on all processors; progress is told how many
// are done. A mutant that widens has to let an attack through, one that narrows has to refuse a control; of any other the theorem has to
// prove that it does no harm. The theorem says nothing of roles of operators: a mutant of theirs is noticed, or decides every request as the
// original does. Those of permissions boundaries are made from boundaries in which sessions of tenants are ended.
func Mutations(ctx context.Context, names Names, roles []localaws.Role, attacks []*Attack, proof *Theorem, progress func(done, all int)) (_ []Mutation, err error) {
	plain := roles
	if roles, err = names.blocked(roles); err != nil {
		return nil, err
	}
	mutants, _, err := mutate.First(roles)
	if err != nil {
		return nil, err
	}
	pool, err := newWorkers(ctx, names, roles, attacks)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	all := make([]Mutation, len(mutants))
	var done atomic.Int64
	err = pool.each(ctx, len(all), func(ctx context.Context, w *worker, i int) error {
		m := &all[i]
		m.Mutant, m.Outcome = mutants[i], Unnoticed
		base := plain
		if m.Document == mutate.Boundary {
			base = roles
		}
		about, others := w.about(m.Mutant)
		err := w.alone(ctx, m, about)
		if err == nil && m.Outcome != Noticed {
			err = proof.prove(ctx, m, base)
		}
		if err == nil && m.Outcome != Noticed && m.Outcome != Equivalent { // what is equivalent no attack notices
			err = w.alone(ctx, m, others)
		}
		if err == nil && m.Outcome != Noticed && m.Outcome != Equivalent {
			err = w.behind(ctx, m, mutants)
		}
		progress(int(done.Add(1)), len(all))
		return err
	})
	if err == nil {
		err = pool.unchanged(ctx)
	}
	return all, err
}

// alone attacks m by itself.
func (w *worker) alone(ctx context.Context, m *Mutation, attacks []*Attack) error {
	noticed, err := w.first(ctx, m.Mutant, attacks)
	if err == nil && noticed != nil {
		m.Outcome, m.By, m.Proof = Noticed, noticed.Name, ""
	}
	return err
}

// behind looks for the layer that hides m: a second mutant for which an attack notices both together, but not the second
// alone. Where two layers hide m, it looks for a second and a third mutant.
func (w *worker) behind(ctx context.Context, m *Mutation, mutants []mutate.Mutant) error {
	var layers []mutate.Mutant
	mutants = slices.Clone(mutants)
	slices.SortStableFunc(mutants, func(a, b mutate.Mutant) int { return cmp.Compare(m.distance(a), m.distance(b)) })
	for _, second := range mutants {
		if !neighbours(m.Mutant, second) || m.Overlaps(second) {
			continue
		}
		if done, err := w.unmasks(ctx, m, second); done || err != nil {
			return err
		}
		if takesAway[second.Kind] && second.Document == m.Document {
			layers = append(layers, second)
		}
	}
	for i, second := range layers {
		for _, third := range layers[:i] {
			if second.Overlaps(third) {
				continue
			}
			if done, err := w.unmasks(ctx, m, second.And(third)); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// distance is 0 for a mutant of the same document, where the layer that hides m is most often, and else 1.
func (m *Mutation) distance(second mutate.Mutant) int {
	if m.Role == second.Role && m.Document == second.Document {
		return 0
	}
	return 1
}

// takesAway are the kinds of mutants that remove a layer.
var takesAway = map[string]bool{"statement removed": true, "statement added": true, "condition removed": true, "guard removed": true, "action added": true}

// unmasks reports whether an attack notices m together with rest, but not rest alone.
func (w *worker) unmasks(ctx context.Context, m *Mutation, rest mutate.Mutant) (bool, error) {
	both := m.And(rest)
	if _, err := both.Apply(w.roles); err != nil {
		return false, nil // the parser refuses the document
	}
	about, _ := w.about(m.Mutant)
	found, err := w.run(ctx, both, about, m.Direction)
	if err != nil {
		return false, err
	}
	hits := found.going(m.Direction)
	if m.Direction == mutate.Widens && len(hits) == 0 {
		return false, nil
	}
	if m.Direction == mutate.Widens {
		about = hits // the others are not needed below
	}
	without, err := w.run(ctx, rest, about, m.Direction)
	if err != nil {
		return false, err
	}
	if m.Direction != mutate.Widens { // what gets through beside rest alone is denied again
		hits = append(hits, without.going(mutate.Widens)...)
	}
	for _, a := range hits {
		if without[a] != found[a] {
			m.Outcome, m.By, m.With = Masked, a.Name, rest.Name
			return true, nil
		}
	}
	return false, nil
}

// goes reports whether v shows the effect of a mutant of direction d.
func goes(d mutate.Direction, v Verdict) bool {
	switch d {
	case mutate.Widens:
		return v == Leak
	case mutate.Narrows:
		return v == Refused
	}
	return v == Leak || v == Refused
}

// about splits the attacks into those that concern the document of m, and the others.
func (w *worker) about(m mutate.Mutant) (about, others []*Attack) {
	for _, a := range w.attacks {
		if slices.ContainsFunc(w.groups(m), func(prefix string) bool { return strings.HasPrefix(a.Name, prefix) }) {
			about = append(about, a)
		} else {
			others = append(others, a)
		}
	}
	return about, others
}

// groups are the name prefixes of the attacks that concern the document of m.
func (w *worker) groups(m mutate.Mutant) []string {
	if m.Document == mutate.Boundary {
		return []string{"boundary/", "policy/boundary-"}
	}
	prefix := ""
	for role, of := range prefixes {
		if w.world.names.fill(role) == m.Role {
			prefix = of
		}
	}
	switch {
	case prefix == prefixes[operator] && m.Document == mutate.Trust:
		return []string{"sts/" + prefix, "sts/other-becomes-operator"}
	case prefix == prefixes[operator]:
		return []string{"policy/" + prefix, prefix[:len(prefix)-1] + "/"}
	case assuming(m) && prefix != "":
		return []string{"sts/" + prefix, "iam/" + prefix}
	case assuming(m):
		return []string{"sts/", "iam/"}
	case strings.HasSuffix(m.Document, "OpenSearch"):
		return []string{"opensearch/" + prefix, "opensearch/put-", "policy/get-index-", "policy/put-index-"}
	case strings.HasSuffix(m.Document, "S3"):
		return []string{"policy/" + cmp.Or(prefix, "access-")}
	}
	return []string{"dynamodb/" + prefix}
}

// prefixes are those of the attacks by the sessions of a role that writes, and by the operator's.
var prefixes = map[string]string{"~seed-role~": "seed-", "~write-role~": "write-", operator: "operator-"}

// assuming reports whether the document of m says who may assume which role.
func assuming(m mutate.Mutant) bool {
	return m.Document == mutate.Trust || m.Document == "AssumePolicy"
}

// neighbours reports whether one of two mutants may hide the other: they change the same document, or one changes whom a role
// trusts and the other which role a caller may assume.
func neighbours(m, second mutate.Mutant) bool {
	if m.Document == second.Document {
		return m.Role == second.Role
	}
	return assuming(m) && assuming(second)
}
