package identity

import (
	"maps"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// Bindings are the unique ids to which the principals of a policy are bound, by their names in its document. AWS keeps the unique id
// of each role and user that a policy names: "if the role is deleted and made anew, the new one is not trusted" (IAM User Guide,
// "AWS JSON policy elements: Principal"). A policy that names none has an empty map, one that is not yet bound a nil map.
type Bindings map[string]string

// UnknownPrincipalError is an error of Bind: the policy names a role or user that does not exist.
type UnknownPrincipalError struct{ Name string }

// Error is AWS's wording.
func (e *UnknownPrincipalError) Error() string {
	return `Invalid principal in policy: "AWS":"` + e.Name + `"`
}

// Bind finds the unique ids of the principals of p. The error is an *UnknownPrincipalError. Principals of other accounts cannot be
// looked up and stay names.
func (s *Snapshot) Bind(p *policy.Policy) (Bindings, error) {
	return s.bind(p, func(name string) (string, error) { return "", &UnknownPrincipalError{name} })
}

// BindStored completes the bindings of a stored policy, which has none where an earlier version stored it, and says whether there is
// anything new, to be stored again: a later start would bind it to who has the names by then. A principal that does not exist is
// bound to an id that nobody has, as if it had been deleted.
func (s *Snapshot) BindStored(p *policy.Policy, stored Bindings) (bindings Bindings, isNew bool) {
	bindings, _ = s.bind(p, func(name string) (string, error) { return goneID(name), nil })
	maps.Copy(bindings, stored)
	return bindings, stored == nil || len(bindings) > len(stored)
}

func (s *Snapshot) bind(p *policy.Policy, missing func(name string) (string, error)) (Bindings, error) {
	bindings := Bindings{}
	for _, name := range p.Principals() {
		if !s.keeps(name) {
			continue
		}
		id := s.principalID(name)
		if id == "" {
			var err error
			if id, err = missing(name); err != nil {
				return nil, err
			}
		}
		bindings[name] = id
	}
	return bindings, nil
}

// Show returns document as AWS answers it: with the present ARN of each principal, and with the unique id of one that is gone.
func (s *Snapshot) Show(document string, bindings Bindings) string {
	renamed := map[string]string{}
	for name, id := range bindings {
		if now := s.principalName(id); now != name {
			renamed[name] = now
		}
	}
	if len(renamed) == 0 {
		return document
	}
	return policy.RenamePrincipals(document, func(name string) string {
		if now, ok := renamed[name]; ok {
			return now
		}
		return name
	})
}

// keeps reports whether name is that of a role, a user or a session of a role that only this account can have. A federated user
// is none: AWS has no object for it.
func (s *Snapshot) keeps(name string) bool {
	return policy.IsUniqueID(name) || strings.HasPrefix(name, "arn:aws:iam::"+s.account+":") || strings.HasPrefix(name, s.sessionPrefix())
}

func (s *Snapshot) sessionPrefix() string { return "arn:aws:sts::" + s.account + ":assumed-role/" }

// principalID is the unique id behind the name of a principal, or empty.
func (s *Snapshot) principalID(name string) string {
	if session, ok := strings.CutPrefix(name, s.sessionPrefix()); ok {
		roleName, sessionName, _ := strings.Cut(session, "/")
		if role := s.Role(roleName); role != nil && role.Name == roleName {
			return role.ID + ":" + sessionName
		}
		return ""
	}
	if policy.IsUniqueID(name) {
		if s.principalName(name) == name {
			return "" // it is gone
		}
		return name
	}
	if role := s.RoleByARN(name); role != nil {
		return role.ID
	}
	if user := s.UserByARN(name); user != nil {
		return user.ID
	}
	return ""
}

// principalName is the ARN of who has this unique id, or the id where nobody has it.
func (s *Snapshot) principalName(id string) string {
	if user := s.usersByID[id]; user != nil {
		return user.ARN
	}
	roleID, session, isSession := strings.Cut(id, ":")
	role := s.rolesByID[roleID]
	switch {
	case role == nil:
		return id
	case isSession:
		return s.sessionPrefix() + role.Name + "/" + session
	}
	return role.ARN
}

// goneID is a unique id for a principal that does not exist, of its kind.
func goneID(name string) string {
	switch {
	case policy.IsUniqueID(name):
		return name
	case strings.Contains(name, ":assumed-role/"):
		return NewID("AROA", 17) + ":" + name[strings.LastIndexByte(name, '/')+1:]
	case strings.Contains(name, ":user/"):
		return NewID("AIDA", 17)
	}
	return NewID("AROA", 17)
}
