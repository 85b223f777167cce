package policyset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReadBefore reads the folder of roles as it was before the change that made changed. It may be missing, since the first policies come with
// some change: then the set has no roles, and none is true. A folder that is missing for any other reason is refused: one that was renamed, one
// that is misspelled in the name of the checkout, and one of which no checkout is there. Otherwise a mistake in a workflow would compare nothing.
func ReadBefore(path string, changed *Set) (s *Set, none bool, err error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		s, err = Read(path)
		return s, false, err
	}
	if info, err := os.Stat(changed.Name); err != nil || !info.IsDir() {
		return nil, false, fmt.Errorf("%s: there is no such file: print it for the commit before the change; only a folder of roles may be missing there", path)
	}
	before, after := checkout(path), checkout(changed.Name)
	if before == "" || before == after {
		return nil, false, fmt.Errorf("%s: there is no such folder, and it is in no checkout of the commit before the change: check that commit out beside this one, and name the folder in it", path)
	}
	if same, err := counterpart(changed.Name, after, before); err != nil {
		return nil, false, err
	} else if _, err := os.Stat(same); err == nil {
		return nil, false, fmt.Errorf("%s: there is no such folder, and there is %s: name that folder as the one before", path, same)
	}
	gone, err := movedFrom(before, after)
	if err != nil {
		return nil, false, err
	}
	if len(gone) > 0 {
		return nil, false, fmt.Errorf("%s: there is no such folder, and policies stood in %s, which this change takes away: name that folder as the one before", path, strings.Join(gone, " and "))
	}
	return &Set{Name: path, Account: changed.Account}, true, nil
}

// ReadAfter reads the set after a change. A folder that the change took away is no set: where others came, they are named.
func ReadAfter(path, old string) (*Set, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return Read(path)
	}
	if info, err := os.Stat(old); err != nil || !info.IsDir() {
		return Read(path) // which says what is wrong
	}
	if before, after := checkout(old), checkout(path); before != "" && after != "" && before != after {
		came, err := movedFrom(after, before)
		if err != nil {
			return nil, err
		}
		if len(came) > 0 {
			return nil, fmt.Errorf("%s: there is no such folder any more, and policies came to %s: name that folder as the one after", path, strings.Join(came, " and "))
		}
	}
	return nil, fmt.Errorf("%s: there is no such folder any more, so nothing is left to prove: name the folder that the policies went to, or take the check out of the workflow", path)
}

// checkout is the root of the checkout that path lies in, or would lie in; empty: none.
func checkout(path string) string {
	dir, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil { // a folder, or a file in a worktree of git
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// counterpart is where path, of the checkout from, stands in the checkout to.
func counterpart(path, from, to string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(from, whole)
	return filepath.Join(to, inside), err
}

// movedFrom are the folders of roles that the checkout a has, and b has not.
func movedFrom(a, b string) ([]string, error) {
	has, err := foldersOfRoles(a)
	if err != nil {
		return nil, err
	}
	kept, err := foldersOfRoles(b)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, folder := range has {
		if !slices.Contains(kept, folder) {
			gone = append(gone, filepath.Join(a, folder))
		}
	}
	return gone, nil
}

// foldersOfRoles are the folders of a checkout that hold a ROLE/trust.json, by their names in it. Checkouts inside of it are others.
func foldersOfRoles(root string) (all []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (entry.Name() == ".git" || checkout(path) == path):
			return filepath.SkipDir
		case entry.IsDir() || entry.Name() != "trust.json":
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(filepath.Dir(path)))
		if err == nil && !slices.Contains(all, folder) {
			all = append(all, folder)
		}
		return err
	})
	return all, err
}
