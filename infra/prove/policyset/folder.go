package policyset

import (
	"fmt"
	"os"
	"path/filepath"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove"
)

// readFolder reads a folder of the form of infra/iam. It refuses files that are no policies, and symbolic links: see localaws.PolicyFiles.
func readFolder(path string) (*Set, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	folder := path
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(dir, folder)
	}
	if _, err := os.Stat(filepath.Join(folder, iam.OwnershipFile)); err == nil {
		return nil, fmt.Errorf("%s: %s stands in the folder of the roles: move it beside that folder, to %s, or out of it and name it with --ownership", path, iam.OwnershipFile, filepath.Join(filepath.Dir(folder), iam.OwnershipFile))
	}
	source, err := iam.Open(folder, dir)
	if err != nil {
		return nil, err
	}
	roles, err := source.Load(prove.Names{}.Values())
	if err != nil {
		return nil, err
	}
	s := &Set{Name: path}
	for _, r := range roles {
		s.Roles = append(s.Roles, ofFolder(path, r))
	}
	s.order()
	s.Account = s.accountOf()
	return s, nil
}

func ofFolder(path string, r localaws.Role) Role {
	role := Role{Name: r.Name, Trust: Document{Name: "trust", Text: r.Trust, Kind: policy.Trust, File: filepath.Join(path, r.Name, "trust.json")}}
	for _, p := range r.Policies {
		role.Policies = append(role.Policies, Document{Name: p.Name, Text: p.Document, Kind: policy.Identity, File: filepath.Join(path, r.Name, p.Name+".json")})
	}
	if r.Boundary != nil {
		role.Boundary = &Document{Name: "boundary", Text: r.Boundary, Kind: policy.Identity, File: filepath.Join(path, r.Name, "boundary.json")}
	}
	return role
}
