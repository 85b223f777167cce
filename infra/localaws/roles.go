package localaws

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Values take the place of the placeholders <region>, <account-id> and <bucket> of policy files.
type Values struct {
	Region  string
	Account string // twelve digits
	Bucket  string
}

// Role is an IAM role with its documents, ready to be created.
type Role struct {
	Name     string
	Trust    []byte
	Policies []PolicyDocument // inline policies, ordered by name
}

// PolicyDocument is a named policy document.
type PolicyDocument struct {
	Name     string
	Document []byte
}

const trustFile = "trust.json"

var (
	// What may stand in a document: nothing that could change its JSON or widen an ARN.
	valuePattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	placeholderPattern = regexp.MustCompile(`<[^<>"\s]*>`)
)

// LoadRoles returns the roles of a folder with every placeholder replaced. The folder holds one folder per
// role, named like it, with trust.json and one file per inline policy, named like the policy. A role comes
// after the roles of the folder that its trust policy names, since AWS refuses principals that do not exist.
// A placeholder without a value is an error, and so is a value that is more than letters, digits, dots and
// hyphens.
func LoadRoles(files fs.FS, values Values) ([]Role, error) {
	folders, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	roles := make([]Role, 0, len(folders))
	for _, folder := range folders {
		role, err := loadRole(files, folder.Name(), values)
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return ordered(roles)
}

func loadRole(files fs.FS, name string, values Values) (Role, error) {
	role := Role{Name: name}
	documents, err := fs.ReadDir(files, name)
	if err != nil {
		return role, err
	}
	for _, document := range documents {
		file := path.Join(name, document.Name())
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return role, err
		}
		filled, err := fill(string(text), values)
		if err != nil {
			return role, fmt.Errorf("%s: %w", file, err)
		}
		if document.Name() == trustFile {
			role.Trust = []byte(filled)
			continue
		}
		policyName := strings.TrimSuffix(document.Name(), ".json")
		role.Policies = append(role.Policies, PolicyDocument{Name: policyName, Document: []byte(filled)})
	}
	if role.Trust == nil {
		return role, fmt.Errorf("%s has no %s", name, trustFile)
	}
	return role, nil
}

func fill(text string, values Values) (string, error) {
	byName := map[string]string{"<region>": values.Region, "<account-id>": values.Account, "<bucket>": values.Bucket}
	var errs []error
	filled := placeholderPattern.ReplaceAllStringFunc(text, func(placeholder string) string {
		value, known := byName[placeholder]
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("unknown placeholder %s", placeholder))
		case !valuePattern.MatchString(value):
			errs = append(errs, fmt.Errorf("placeholder %s: %q is not a value for it", placeholder, value))
		}
		return value
	})
	return filled, errors.Join(errs...)
}

// ordered puts each role behind those that its trust policy names.
func ordered(roles []Role) ([]Role, error) {
	names := func(role Role, rest []Role) bool {
		return slices.ContainsFunc(rest, func(other Role) bool {
			return other.Name != role.Name && strings.Contains(string(role.Trust), ":role/"+other.Name+`"`)
		})
	}
	var done []Role
	for len(roles) > 0 {
		i := slices.IndexFunc(roles, func(role Role) bool { return !names(role, roles) })
		if i < 0 {
			return nil, fmt.Errorf("the trust policies of %s and others name each other", roles[0].Name)
		}
		done = append(done, roles[i])
		roles = slices.Delete(roles, i, i+1)
	}
	return done, nil
}
