package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// loadRoles reads the roles of --policies. What is wrong with one of its files is an error of the command line.
func (s serve) loadRoles(p process) ([]localaws.Role, error) {
	if s.Policies == "" {
		return nil, nil
	}
	roles, err := localaws.LoadRoles(os.DirFS(s.Policies), localaws.Values{
		Region: p.region(), Account: localaws.DefaultAccount, Bucket: s.Bucket, Domain: s.SearchDomain,
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageError{fmt.Errorf("--policies %s: there is no such folder", s.Policies)}
	case err != nil && s.Bucket == "" && strings.Contains(err.Error(), "<bucket>"):
		return nil, usageError{fmt.Errorf("--policies %s: %w (--bucket NAME gives <bucket> its value)", s.Policies, err)}
	case err != nil:
		return nil, usageError{fmt.Errorf("--policies %s: %w", s.Policies, err)}
	}
	return roles, nil
}

func (s serve) announceRoles(p process, roles []localaws.Role) {
	if s.Policies == "" {
		return
	}
	policies := 0
	for _, role := range roles {
		policies += len(role.Policies)
	}
	fmt.Fprintf(p.err, "localaws: %s of %s, with %s\n", counted(len(roles), "role", "roles"), s.Policies, counted(policies, "inline policy", "inline policies"))
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
