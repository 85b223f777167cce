package policyset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/prove/theorem"
)

// Report is the verdict on a set.
type Report struct {
	Set       string          `json:"set"`
	Ownership string          `json:"ownership"`
	Account   string          `json:"account"`
	Roles     int             `json:"roles"`
	Verdict   theorem.Verdict `json:"verdict"`
	Seconds   float64         `json:"seconds"`
	Findings  []Finding       `json:"findings"`
	Notes     []string        `json:"notes,omitzero"`
}

// Finding is the verdict on a role and a kind of store. What a role is granted nothing of is left out.
type Finding struct {
	Role        string          `json:"role"`
	Store       string          `json:"store"`
	Verdict     theorem.Verdict `json:"verdict"`
	Refutations []Refutation    `json:"refutations,omitzero"`
	Open        []Open          `json:"undecided,omitzero"`
	Reaches     []Place         `json:"administrative,omitzero"`
	Rests       []string        `json:"restsOn,omitzero"`
}

// Place is a statement where a reader finds it.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Sid    string `json:"sid,omitzero"`
	In     string `json:"in,omitzero"` // the document, where File holds several
}

// String is the place as editors read it.
func (p Place) String() string {
	s := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	if p.Sid != "" {
		s += " " + p.Sid
	}
	if p.In != "" {
		s += " (" + p.In + ")"
	}
	return s
}

// Open is what could not be decided.
type Open struct {
	At  Place  `json:"at"`
	Why string `json:"why"`
}

// Check decides the theorem for each role of s, and replays each refutation. progress is told how many roles are done.
func Check(ctx context.Context, s *Set, ownershipName string, owned *theorem.Ownership, progress func(done, all int)) (*Report, error) {
	began := time.Now()
	parsed, err := s.parsed()
	if err != nil {
		return nil, err
	}
	notes, err := fits(parsed, ownershipName, owned)
	if err != nil {
		return nil, err
	}
	r := &Report{Set: s.Name, Ownership: ownershipName, Account: s.Account, Roles: s.sessions(), Notes: slices.Concat(s.Notes, notes)}
	groups := components(parsed, s.Account)
	found, err := proveAll(ctx, s, groups, owned, progress)
	if err != nil {
		return nil, err
	}
	for i := range s.Roles {
		of, err := s.findings(&s.Roles[i], parsed[i], found[s.Roles[i].Name], owned)
		if err != nil {
			return nil, err
		}
		r.Findings = append(r.Findings, of...)
	}
	if err := s.replay(ctx, r, groups); err != nil {
		return nil, err
	}
	r.Verdict, r.Seconds = worst(r.Findings), time.Since(began).Seconds()
	return r, nil
}

// proveAll proves each group of roles, on every processor.
func proveAll(ctx context.Context, s *Set, groups [][]theorem.Role, owned *theorem.Ownership, progress func(done, all int)) (map[string][]theorem.Finding, error) {
	results := make([][]theorem.Finding, len(groups))
	var done atomic.Int64
	proofs := theorem.NewProofs(s.Account, owned)
	err := onEachProcessor(ctx, len(groups), "proven", func(i int) (err error) {
		if results[i], err = proofs.Prove(groups[i]); err == nil {
			progress(int(done.Add(int64(len(groups[i])))), s.sessions())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	found := map[string][]theorem.Finding{}
	for _, findings := range results {
		for _, f := range findings {
			found[f.Role] = append(found[f.Role], f)
		}
	}
	return found, nil
}

// onEachProcessor does n pieces of work, on every processor; done is what each then is.
func onEachProcessor(ctx context.Context, n int, done string, do func(i int) error) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		work.Go(func() error {
			if ctx.Err() != nil {
				return errors.New("interrupted: nothing is " + done)
			}
			return do(i)
		})
	}
	return work.Wait()
}

// findings are those of a role, with what its source does not say.
func (s *Set) findings(r *Role, parsed theorem.Role, found []theorem.Finding, owned *theorem.Ownership) ([]Finding, error) {
	if r.Other != nil {
		return s.other(r, parsed, owned)
	}
	var all []Finding
	for _, f := range found {
		if f.Verdict == theorem.Nothing {
			continue
		}
		out := Finding{Role: f.Role, Store: f.Store, Verdict: f.Verdict, Rests: f.Rests}
		for i := range f.Refutations {
			out.Refutations = append(out.Refutations, s.told(&f.Refutations[i], owned))
		}
		for _, o := range f.Open {
			out.Open = append(out.Open, Open{s.placed(o.At), o.Why})
		}
		for _, at := range f.Reaches {
			out.Reaches = append(out.Reaches, s.reached(at))
		}
		all = append(all, out)
	}
	return append(all, s.sourceFindings(r, owned)...), nil
}

// sourceFindings is the finding of what the source of r does not say, where there is such.
func (s *Set) sourceFindings(r *Role, owned *theorem.Ownership) []Finding {
	if open := s.unknowns(r, owned); len(open) > 0 {
		return []Finding{{Role: r.Name, Store: "what the source does not say", Verdict: theorem.Undecided, Open: open}}
	}
	return nil
}

// unknowns are what is open of a role because of its source: what it does not know, and a tag of the role itself.
func (s *Set) unknowns(r *Role, owned *theorem.Ownership) []Open {
	if owned.Administrative[r.Name] != "" {
		return nil
	}
	var all []Open
	for _, u := range r.Unknown {
		all = append(all, Open{Place{File: u.Where, Line: 1, Column: 1}, u.What + ": " + u.Do})
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		if strings.EqualFold(key, owned.Tag) {
			all = append(all, Open{s.placed(theorem.Place{File: r.Name + "/trust.json", Line: 1, Column: 1}), fmt.Sprintf("the role itself has the tag %s=%s, so each session that is got without the tag is that tenant's: take the tag off the role, and use it for sessions alone", key, r.Tags[key])})
		}
	}
	return all
}

// reached is a statement of an administrative role, which the theorem tells as a text, in the source.
func (s *Set) reached(at string) Place {
	file, rest, _ := strings.Cut(at, ".json:")
	p := theorem.Place{File: file + ".json"}
	if _, err := fmt.Sscanf(rest, "%d:%d", &p.Line, &p.Column); err != nil {
		return Place{File: at}
	}
	_, p.Sid, _ = strings.Cut(rest, " ")
	return s.placed(p)
}

// placed is a place of the theorem in the source.
func (s *Set) placed(at theorem.Place) Place {
	d := s.document(at.File)
	if d == nil {
		return Place{File: at.File, Line: at.Line, Column: at.Column, Sid: at.Sid}
	}
	p := Place{Sid: at.Sid, In: d.In}
	p.File, p.Line, p.Column = d.place(at.Line, at.Column)
	return p
}

var worse = []theorem.Verdict{theorem.Nothing, theorem.Proven, theorem.Administrative, theorem.Undecided, theorem.Refuted}

func worst(findings []Finding) theorem.Verdict {
	v := theorem.Proven
	for i := range findings {
		if f := &findings[i]; f.Verdict != theorem.Administrative && slices.Index(worse, f.Verdict) > slices.Index(worse, v) {
			v = f.Verdict
		}
	}
	return v
}

// ExitCode is 0 for proven, 1 for refuted and 3 for undecided.
func (r *Report) ExitCode() int {
	switch r.Verdict {
	case theorem.Proven:
		return 0
	case theorem.Refuted:
		return 1
	}
	return 3
}
