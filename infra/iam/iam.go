// Package iam holds Shiptrack's trust and permission policies, one JSON file each: the one source, for
// localaws as for AWS. There are two sets: the hardened one, which everything uses by
// default, and the text of the AWS article beside it.
package iam

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Set is a set of policies: a folder beside this file.
type Set string

// The sets.
const (
	Hardened Set = "hardened"
	Article  Set = "article"
)

// Values take the place of the placeholders <region>, <account-id> and <bucket>.
type Values struct {
	Region  string
	Account string // twelve digits
	Bucket  string
}

// Role is an IAM role with its documents, ready to be created.
type Role struct {
	Name     string
	Trust    []byte
	Policies []Policy // inline policies, ordered by name
}

// Policy is a named policy document.
type Policy struct {
	Name     string
	Document []byte
}

const trustFile = "trust.json"

var (
	//go:embed hardened/*/*.json article/*/*.json
	files embed.FS

	// What may stand in a document: nothing that could change its JSON or widen an ARN.
	valuePattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	placeholderPattern = regexp.MustCompile(`<[^<>"\s]*>`)
)

// Load returns the roles of set with every placeholder replaced; a role comes after the roles of the set
// that its trust policy names, since AWS refuses principals that do not exist. A placeholder without a
// value is an error, and so is a value that is more than letters, digits, dots and hyphens.
func Load(set Set, values Values) ([]Role, error) {
	folders, err := fs.ReadDir(files, string(set))
	if err != nil {
		return nil, fmt.Errorf("policy set %q: want %q or %q", set, Hardened, Article)
	}
	roles := make([]Role, 0, len(folders))
	for _, folder := range folders {
		role, err := loadRole(set, folder.Name(), values)
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return ordered(roles)
}

func loadRole(set Set, name string, values Values) (Role, error) {
	role := Role{Name: name}
	folder := path.Join(string(set), name)
	documents, err := fs.ReadDir(files, folder)
	if err != nil {
		return role, err
	}
	for _, document := range documents {
		file := path.Join(folder, document.Name())
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
		role.Policies = append(role.Policies, Policy{Name: policyName, Document: []byte(filled)})
	}
	if role.Trust == nil {
		return role, fmt.Errorf("%s has no %s", folder, trustFile)
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
