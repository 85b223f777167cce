package theorem

import (
	"cmp"
	"fmt"
	"slices"
)

// Verdict is what is known of a role and a kind of store.
type Verdict string

// The verdicts, the best first.
const (
	Nothing        Verdict = "nothing granted"
	Proven         Verdict = "PROVEN"
	Administrative Verdict = "administrative"
	Undecided      Verdict = "UNDECIDED"
	Refuted        Verdict = "REFUTED"
)

var worse = []Verdict{Nothing, Proven, Administrative, Undecided, Refuted}

// Finding is the verdict for a role and a kind of store.
type Finding struct {
	Role, Store string
	Verdict     Verdict
	// Rests are what a proof rests on beside the policies.
	Rests       []string
	Refutations []Refutation
	Open        []Open
	Reaches     []string // Administrative: the statements that reach tenants' data
	Decided     []Decided
}

// Decided is one obligation of a finding: a statement, a kind of access, and what the session's tag is.
type Decided struct {
	At       Place
	Resource string   // as the ownership file has it; empty: it does not know it
	Actions  []string // as the ownership file has them; none: all others
	Mode     string   // tagged, untagged or emptied; empty: any
	Verdict  Verdict
}

// Open is what could not be decided.
type Open struct {
	At  Place
	Why string
	// If is what decides it, and what no policy of the set says; empty: nothing does.
	If string
}

// Place is a statement, and where it stands.
type Place struct {
	File         string // ROLE/NAME.json
	Line, Column int
	Sid          string
}

// String is the place as editors read it, with the statement's name.
func (p Place) String() string {
	s := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	if p.Sid != "" {
		s += " " + p.Sid
	}
	return s
}

// raise makes the verdict v, where it is worse.
func (f *Finding) raise(v Verdict) {
	if slices.Index(worse, v) > slices.Index(worse, f.Verdict) {
		f.Verdict = v
	}
}

func (f *Finding) open(at Place, format string, args ...any) {
	f.leave(Open{At: at, Why: fmt.Sprintf(format, args...)})
}

// leave leaves o open.
func (f *Finding) leave(o Open) {
	f.raise(Undecided)
	if !slices.Contains(f.Open, o) {
		f.Open = append(f.Open, o)
	}
}

// add adds what was found of one obligation.
func (f *Finding) add(own Finding) {
	f.raise(own.Verdict)
	f.Rests = append(f.Rests, own.Rests...)
	for _, o := range own.Open {
		f.open(o.At, "%s", o.Why)
	}
	for _, r := range own.Refutations {
		if !slices.ContainsFunc(f.Refutations, r.says) {
			f.Refutations = append(f.Refutations, r)
		}
	}
}

// Worst is the worst verdict of findings.
func Worst(findings []Finding) Verdict {
	if len(findings) == 0 {
		return Undecided
	}
	return slices.MaxFunc(findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(worse, a.Verdict), slices.Index(worse, b.Verdict))
	}).Verdict
}

// Assumed are the assumptions under which all of findings hold; ok is false where they hold under none.
func Assumed(findings []Finding) (assumptions []string, ok bool) {
	for i := range findings {
		f := &findings[i]
		if f.Verdict == Refuted || f.Verdict == Administrative || f.Verdict == Undecided && len(f.Open) == 0 {
			return nil, false
		}
		for _, o := range f.Open {
			if o.If == "" {
				return nil, false
			}
			assumptions = append(assumptions, o.If)
		}
	}
	slices.Sort(assumptions)
	return slices.Compact(assumptions), len(findings) > 0
}
