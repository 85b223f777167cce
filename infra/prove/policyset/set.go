package policyset

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// Set is a set of roles as it was read.
type Set struct {
	Name    string // for people
	Account string // twelve digits
	Roles   []Role // ordered by name
	// Notes say what of the source was left out, and why that changes no verdict.
	Notes []string
}

// Role is a role with its documents.
type Role struct {
	Name     string // with its path, but for the first slash
	Trust    Document
	Policies []Document
	Boundary *Document
	Tags     map[string]string // of the role itself
	Other    *Other            // what it is, where it is no role of the source; nil: it is one
	// Unknown is what of the role cannot be read from the source: the verdict is open because of it.
	Unknown []Unknown
}

// Unknown is something that a source does not say.
type Unknown struct{ Where, What, Do string }

// Document is a policy document with its place.
type Document struct {
	Name string // within its role
	Text []byte
	Kind policy.Kind
	File string // that a reader can open
	In   string // what of File it is, where that is more than the document; empty: the document is the file
	At   policy.Position
}

// place is where a position of the document stands in its file.
func (d *Document) place(line, column int) (file string, atLine, atColumn int) {
	if d.At == (policy.Position{}) {
		return d.File, line, column
	}
	if line == 1 {
		column += d.At.Column - 1
	}
	return d.File, line + d.At.Line - 1, column
}

// parse compiles the document. An error begins with its place.
func (d *Document) parse(role string) (policy.Named, error) {
	if len(d.Text) == 0 { // the source does not know it
		return policy.Named{Name: role + "/" + d.Name}, nil
	}
	p, err := policy.Parse(d.Text, d.Kind)
	if bad, ok := errors.AsType[*policy.MalformedError](err); ok {
		file, line, column := d.place(max(bad.Position.Line, 1), max(bad.Position.Column, 1))
		in := ""
		if d.In != "" {
			in = " (" + d.In + ")"
		}
		return policy.Named{}, fmt.Errorf("%s:%d:%d%s: %s", file, line, column, in, bad.Reason)
	}
	return policy.Named{Name: role + "/" + d.Name, Policy: p}, err
}

// parsed are the roles as the theorem reads them, in the order of s.Roles.
func (s *Set) parsed() ([]theorem.Role, error) {
	all := make([]theorem.Role, len(s.Roles))
	for i := range s.Roles {
		r := &s.Roles[i]
		trust, err := r.Trust.parse(r.Name)
		if err != nil {
			return nil, err
		}
		all[i] = theorem.Role{Name: r.Name, Trust: trust, Anyone: r.Other != nil}
		for j := range r.Policies {
			p, err := r.Policies[j].parse(r.Name)
			if err != nil {
				return nil, err
			}
			all[i].Identity = append(all[i].Identity, p)
		}
		if r.Boundary != nil {
			p, err := r.Boundary.parse(r.Name)
			if err != nil {
				return nil, err
			}
			all[i].Boundary = &p
		}
	}
	return all, nil
}

// Read reads the set that path names: a folder that holds one folder per role, or a JSON file of a kind that this package knows.
func Read(path string) (*Set, error) {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil, fmt.Errorf("%s: there is no such folder or file: want a folder that holds one folder per role, or a file with what `aws iam get-account-authorization-details` or `terraform show -json` printed", path)
	case err != nil:
		return nil, err
	case info.IsDir():
		return readFolder(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := readFile(path, text)
	if err != nil {
		return nil, err
	}
	if s.sessions() == 0 {
		return nil, fmt.Errorf("%s: there is no role in it: the theorem speaks of roles, so there is nothing to prove", path)
	}
	s.order()
	for i := 1; i < len(s.Roles); i++ {
		if s.Roles[i].Name == s.Roles[i-1].Name {
			return nil, fmt.Errorf("%s: the role %s is in it twice: prove each account's set alone", path, s.Roles[i].Name)
		}
	}
	return s, nil
}

func (s *Set) order() {
	slices.SortFunc(s.Roles, func(a, b Role) int { return cmp.Compare(a.Name, b.Name) })
}

// role is the one of a name, or nil.
func (s *Set) role(name string) *Role {
	i, ok := slices.BinarySearchFunc(s.Roles, name, func(r Role, name string) int { return cmp.Compare(r.Name, name) })
	if !ok {
		return nil
	}
	return &s.Roles[i]
}

// document is the one of a place of the theorem, and nil where there is none.
func (s *Set) document(file string) *Document {
	at := strings.LastIndexByte(file, '/')
	if at < 0 {
		return nil
	}
	r := s.role(file[:at])
	if r == nil {
		return nil
	}
	name := strings.TrimSuffix(file[at+1:], ".json")
	if r.Trust.Name == name {
		return &r.Trust
	}
	for i := range r.Policies {
		if r.Policies[i].Name == name {
			return &r.Policies[i]
		}
	}
	if r.Boundary != nil && r.Boundary.Name == name {
		return r.Boundary
	}
	return nil
}

// accountOf is the account that most documents name as that of a role or of itself; the one of localaws where none does.
func (s *Set) accountOf() string {
	counts := map[string]int{}
	for i := range s.Roles {
		if s.Roles[i].Other != nil {
			continue // it may be about who is of another account
		}
		for _, d := range append([]Document{s.Roles[i].Trust}, s.Roles[i].Policies...) {
			for rest := string(d.Text); ; {
				_, after, found := strings.Cut(rest, ":iam::")
				if !found {
					break
				}
				if len(after) > 12 && strings.Trim(after[:12], "0123456789") == "" {
					counts[after[:12]]++
				}
				rest = after
			}
		}
	}
	best := localaws.DefaultAccount
	for account, n := range counts {
		if n > counts[best] || n == counts[best] && account < best {
			best = account
		}
	}
	return best
}
