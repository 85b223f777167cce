package localaws

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/iam"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// Values take the place of the placeholders <region>, <account-id>, <bucket> and <domain> of policy files.
type Values struct {
	Region  string
	Account string // twelve digits
	Bucket  string
	Domain  string // of OpenSearch Service; DefaultSearchDomain where empty
}

// Role is an IAM role with its documents, ready to be created.
type Role struct {
	Name     string
	Trust    []byte
	Policies []PolicyDocument // inline policies, ordered by name
	Boundary []byte           // document of the managed policy BoundaryName(Name), the role's permissions boundary; nil: none
}

// BoundaryName is the name of the managed policy that is the permissions boundary of a role whose folder has boundary.json.
func BoundaryName(role string) string { return role + "Boundary" }

// PolicyDocument is a named policy document.
type PolicyDocument struct {
	Name     string
	Document []byte
}

// LoadRoles returns the roles of a folder with every placeholder replaced. The folder holds one folder per
// role, named like it, with trust.json and one .json file per inline policy, named like the policy; boundary.json, where
// there is one, is the role's permissions boundary. PolicyFiles says what else may stand there. A role comes after the roles of the folder that its trust policy names, since AWS refuses
// principals that do not exist.
//
// Anything else in the folder, no role at all, a placeholder without a value, a value that is more than lower-case
// letters, digits, dots and hyphens, and a document that does not parse are errors that name the file. Those within a
// document begin with file:line:column, as the file stands on disk; the last is a *policy.MalformedError within it.
func LoadRoles(folder fs.FS, values Values) ([]Role, error) {
	files, err := PolicyFiles(folder)
	if err != nil {
		return nil, err
	}
	var roles []Role
	for _, file := range slices.Sorted(maps.Keys(files)) {
		name, document := path.Split(file)
		if name = path.Clean(name); len(roles) == 0 || roles[len(roles)-1].Name != name {
			roles = append(roles, Role{Name: name})
		}
		if err := roles[len(roles)-1].load(document, file, string(files[file]), values); err != nil {
			return nil, err
		}
	}
	return ordered(roles)
}

// load adds the document of a file, whose name within the role's folder is name.
func (r *Role) load(name, file, text string, values Values) error {
	isTrust := name == trustFile
	document, err := loadDocument(file, text, isTrust, values)
	if err != nil {
		return err
	}
	switch {
	case isTrust:
		r.Trust = document
	case name == boundaryFile:
		r.Boundary = document
	default:
		r.Policies = append(r.Policies, PolicyDocument{Name: strings.TrimSuffix(name, ".json"), Document: document})
	}
	return nil
}

// PutRoles creates each role, or replaces the trust policy and the inline policies of one that exists. It deletes
// other inline policies of such a role; attached policies, tags and unique id stay as they are. A Boundary is put as a managed policy where
// the account has none of its name; the document of one that exists stays, since others may write it. A role without one keeps its boundary.
//
// Names and documents must follow the rules of the IAM API. With an error none of the roles is put; a document
// that does not parse is a *policy.MalformedError within it. The call is not authorized and not logged, since
// it comes from the program that runs the server. Requests that start after PutRoles see the roles.
func (s *Server) PutRoles(roles []Role) error {
	wanted := make([]iam.RoleDocuments, len(roles))
	for i, role := range roles {
		wanted[i] = iam.RoleDocuments{Name: role.Name, Trust: string(role.Trust), Boundary: identity.Document{Name: BoundaryName(role.Name), Text: string(role.Boundary)}}
		for _, p := range role.Policies {
			wanted[i].Inline = append(wanted[i].Inline, identity.Document{Name: p.Name, Text: string(p.Document)})
		}
	}
	return s.iam.PutRoles(s.account, s.now(), wanted)
}

// ordered puts each role after those that its trust policy names, and leaves the order as it is otherwise.
func ordered(roles []Role) ([]Role, error) {
	at := map[string][]int{}
	for i := range roles {
		at[roles[i].Name] = append(at[roles[i].Name], i)
	}
	waits, behind := make([]int, len(roles)), make([][]int, len(roles)) // for how many a role waits, and which wait for it
	for i := range roles {
		for _, name := range namedRoles(roles[i].Trust) {
			if name == roles[i].Name {
				continue
			}
			for _, other := range at[name] {
				waits[i]++
				behind[other] = append(behind[other], i)
			}
		}
	}
	var ready []int // in their order
	for i := range roles {
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	var done []Role
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		done = append(done, roles[i])
		for _, other := range behind[i] {
			if waits[other]--; waits[other] == 0 {
				place, _ := slices.BinarySearch(ready, other)
				ready = slices.Insert(ready, place, other)
			}
		}
	}
	if len(done) < len(roles) {
		first := slices.IndexFunc(waits, func(n int) bool { return n > 0 })
		return nil, fmt.Errorf("the trust policies of %s and others name each other", roles[first].Name)
	}
	return done, nil
}

// namedRoles are the names of roles whose ARNs stand in a trust policy.
func namedRoles(trust []byte) (names []string) {
	parts := strings.Split(string(trust), ":role/")
	for _, part := range parts[1:] {
		if name, _, closed := strings.Cut(part, `"`); closed {
			names = append(names, name)
		}
	}
	return names
}
