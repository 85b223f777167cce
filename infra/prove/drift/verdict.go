package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// Verdict is whether tenants are kept apart by what is there.
type Verdict string

// The verdicts.
const (
	Holds    Verdict = "HOLDS"     // the theorem is proven for what is there, and nothing else allows more
	Broken   Verdict = "BROKEN"    // a request of one tenant for what is another's is allowed
	NotShown Verdict = "NOT SHOWN" // neither: the attacks tell more
)

// Judgement is the verdict with its reasons.
type Judgement struct {
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
}

func (j *Judgement) add(v Verdict, format string, args ...any) {
	if j.Verdict != Broken {
		j.Verdict = v
	}
	if reason := fmt.Sprintf(format, args...); !slices.Contains(j.Reasons, reason) {
		j.Reasons = append(j.Reasons, reason)
	}
}

// Judge decides the theorem for the policies that are there, and asks policies of keys, bucket and table whether they give a session
// of one tenant what is another's.
func Judge(wanted Wanted, there *There, changes []Change) Judgement {
	j, owned := Judgement{Verdict: Holds}, wanted.Owned
	for _, what := range there.Unread {
		j.add(NotShown, "%s", what)
	}
	roles, err := parse(there)
	if err == nil && len(roles) == 0 {
		j.add(NotShown, "none of the roles is there: is it the account that was meant?")
	}
	if err == nil {
		var findings []theorem.Finding
		if findings, err = theorem.Prove(wanted.Values.Account, roles, owned); err == nil {
			j.findings(findings)
		}
	}
	if err != nil {
		j.add(NotShown, "the theorem cannot be decided: %v", err)
	}
	for _, c := range changes {
		switch {
		case c.broken:
			j.add(Broken, "%s: %s", c.Where, c.Why)
		case c.Why != "":
			j.add(NotShown, "%s: %s; %s", c.Where, c.What, c.Why)
		}
	}
	// Whom the ownership file calls an operator is no tenant's session, whatever its tag.
	j.resources(wanted, there, slices.DeleteFunc(roles, func(r theorem.Role) bool { return owned.Administrative[r.Name] != "" }))
	return j
}

func (j *Judgement) findings(findings []theorem.Finding) {
	for i := range findings {
		f := &findings[i]
		for k := range f.Refutations {
			j.add(Broken, "%s: %s", f.Refutations[k].At, f.Refutations[k].String())
		}
		for _, open := range f.Open {
			j.add(NotShown, "%s: %s", open.At, open.Why)
		}
		if bad := f.Verdict == theorem.Refuted || f.Verdict == theorem.Undecided; bad && len(f.Refutations)+len(f.Open) == 0 {
			j.add(NotShown, "the theorem is %s for %s and %s", f.Verdict, f.Role, f.Store)
		}
	}
}

// parse reads the documents that are there as the theorem has them: attached policies among the inline ones, and the boundary.
func parse(there *There) (all []theorem.Role, err error) {
	for i := range there.Roles {
		if r := &there.Roles[i]; !r.Absent {
			role, err := r.parse()
			if err != nil {
				return nil, err
			}
			all = append(all, role)
		}
	}
	return all, nil
}

func (r *Role) parse() (role theorem.Role, err error) {
	role.Name = r.Name
	read := func(name, document string, kind policy.Kind) (policy.Named, error) {
		parsed, err := policy.Parse([]byte(document), kind)
		if err != nil {
			return policy.Named{}, fmt.Errorf("%s/%s: %w", r.Name, name, err)
		}
		return policy.Named{Name: r.Name + "/" + name, Policy: parsed}, nil
	}
	if role.Trust, err = read("trust", r.Trust, policy.Trust); err != nil {
		return role, err
	}
	for _, group := range []map[string]string{r.Inline, r.Attached} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			p, err := read(name, group[name], kindOf(name))
			if err != nil {
				return role, err
			}
			role.Identity = append(role.Identity, p)
		}
	}
	if r.Boundary != "" {
		limits, err := read(r.Boundary, r.Limits, kindOf(r.Boundary))
		if err != nil {
			return role, err
		}
		role.Boundary = &limits
	}
	return role, nil
}

// kindOf is the grammar of a policy by its name or ARN.
func kindOf(name string) policy.Kind {
	if strings.HasPrefix(name, "arn:aws:iam::aws:policy/") {
		return policy.AWSManaged
	}
	return policy.Identity
}
