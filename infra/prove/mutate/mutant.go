package mutate

import (
	"cmp"
	"fmt"
	"slices"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

// Direction says whether a mutant is expected to grant more or less than the document.
type Direction string

// The directions. Widens and Narrows say what the edit can do; another layer may hide its effect.
const (
	Widens  Direction = "widens"
	Narrows Direction = "narrows"
	Either  Direction = "either"
)

// The Documents of mutants that are of no inline policy: of a role's trust policy, and of its permissions boundary.
const (
	Trust    = "trust"
	Boundary = "boundary"
)

// Mutant is one edit of one document of one role; And adds more.
type Mutant struct {
	// Name says where and what: "Role/Policy: Sid: condition Null dynamodb:LeadingKeys removed". It is the
	// same in every run and unique among the first-order mutants of a set.
	Name string
	// Kind is the operator of mutation, the same for all places: "condition removed".
	Kind      string
	Direction Direction
	Role      string
	Document  string // the policy's name, Trust or Boundary
	Sid       string // of the statement; empty where the edit is of the whole document

	edits []edit
}

// edit is a change of one node of one document.
type edit struct {
	role, document string
	path           []int
	place          []int // the node that differs afterwards: path, or one below it
	change         func(*node)
}

// Overlaps reports whether m and other edit the same place, or one edits inside the other's place: together they would not
// be two edits.
func (m Mutant) Overlaps(other Mutant) bool {
	for _, e := range m.edits {
		for _, f := range other.edits {
			n := min(len(e.place), len(f.place))
			if e.role == f.role && e.document == f.document && slices.Equal(e.place[:n], f.place[:n]) {
				return true
			}
		}
	}
	return false
}

// And returns the mutant that has the edits of both. Name joins the names; Role, Document and Sid are m's.
func (m Mutant) And(other Mutant) Mutant {
	m.Name += " + " + other.Name
	m.Kind += " + " + other.Kind
	if m.Direction != other.Direction {
		m.Direction = Either
	}
	m.edits = append(slices.Clip(m.edits), other.edits...)
	return m
}

// Apply returns a copy of roles with m's edits. It returns an error where roles lack a role or document of m,
// or where localaws' parser refuses the edited document.
func (m Mutant) Apply(roles []localaws.Role) ([]localaws.Role, error) {
	mutated := slices.Clone(roles)
	done := map[[2]string]bool{}
	for _, e := range m.edits {
		key := [2]string{e.role, e.document}
		if done[key] {
			continue
		}
		done[key] = true
		i := slices.IndexFunc(mutated, func(r localaws.Role) bool { return r.Name == e.role })
		if i < 0 {
			return nil, fmt.Errorf("mutant %s: no role %s", m.Name, e.role)
		}
		mutated[i].Policies = slices.Clone(mutated[i].Policies)
		document, err := documentOf(&mutated[i], e.document)
		if err == nil {
			*document, err = m.edited(*document, e.role, e.document)
		}
		if err != nil {
			return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
		}
	}
	return mutated, nil
}

func documentOf(role *localaws.Role, name string) (*[]byte, error) {
	switch {
	case name == Trust:
		return &role.Trust, nil
	case name == Boundary && role.Boundary != nil:
		return &role.Boundary, nil
	}
	for i := range role.Policies {
		if role.Policies[i].Name == name {
			return &role.Policies[i].Document, nil
		}
	}
	return nil, fmt.Errorf("role %s has no document %s", role.Name, name)
}

// edited makes all edits of one document at once: their paths are those of the unedited document.
func (m Mutant) edited(document []byte, role, name string) ([]byte, error) {
	root, err := parse(document)
	if err != nil {
		return nil, err
	}
	edits := slices.Clone(m.edits) // from the leaves up, so that a node that is moved has its own edits already
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(len(b.path), len(a.path)) })
	for _, e := range edits {
		if e.role != role || e.document != name {
			continue
		}
		if n := root.at(e.path); n != nil {
			e.change(n)
		}
	}
	text, err := root.encode()
	if err != nil {
		return nil, err
	}
	kind := policy.Identity
	if name == Trust {
		kind = policy.Trust
	}
	_, err = policy.Parse(text, kind)
	return text, err
}
