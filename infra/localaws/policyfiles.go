package localaws

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"syscall"
)

const (
	trustFile    = "trust.json"
	boundaryFile = "boundary.json"
	readme       = "README.md"
	// maxDocument is in bytes, far above the largest document that IAM accepts (131,072 characters, of at most two bytes each).
	maxDocument = 256 << 10
)

// The names that IAM allows for a role and a policy (IAM API reference, CreateRole and PutRolePolicy), less hidden ones.
var (
	roleName   = regexp.MustCompile(`^[A-Za-z0-9_+=,@-][A-Za-z0-9_+=,.@-]{0,63}$`)
	policyFile = regexp.MustCompile(`^[A-Za-z0-9_+=,@-][A-Za-z0-9_+=,.@-]{0,127}\.json$`)
)

// PolicyFiles returns the content of the files ROLE/NAME.json of folder, by these paths. LoadRoles reads no others, so their
// content is all that a folder says.
//
// Hidden files and README.md are passed over, since editors, file managers and people leave them. Anything else is an error
// that names it and says what to do: a file in another place, with another ending or behind a symbolic link may be a policy,
// and a Deny that is silently left out opens a hole. A hidden file that ends in .json is an error too, and so is a hidden
// folder with trust.json.
func PolicyFiles(folder fs.FS) (map[string][]byte, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, readable(err)
	}
	if err := holdsRoles(folder, entries); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case passedOver(folder, name, entry):
			continue
		case !entry.IsDir() || name == readme || strings.HasPrefix(name, "."):
			return nil, fmt.Errorf("%s is not a folder of a role: %s", name, removeIt(entry))
		case !roleName.MatchString(name):
			return nil, fmt.Errorf("%q is not a name of a role: want 1 to 64 letters, digits or any of _+=,.@-", name)
		}
		if err := readRole(folder, name, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// holdsRoles refuses a folder that holds no roles, and says what it holds.
func holdsRoles(folder fs.FS, entries []fs.DirEntry) error {
	var found []string
	for _, entry := range entries {
		if entry.Name() == trustFile {
			return errors.New("this is the folder of one role, since it has trust.json: want the folder above it, which holds one folder per role")
		}
		if _, err := fs.Stat(folder, path.Join(entry.Name(), trustFile)); entry.IsDir() && err == nil {
			return nil
		}
		name := entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		found = append(found, name)
	}
	has := "it is empty"
	if len(found) > 0 {
		has = "it has " + strings.Join(found[:min(len(found), 12)], ", ")
	}
	if len(found) > 12 {
		has += fmt.Sprintf(" and %d more", len(found)-12)
	}
	return errors.New("there is no folder of a role: want one folder per role, named like it, with trust.json and one file per policy; " + has)
}

func readRole(folder fs.FS, role string, files map[string][]byte) error {
	entries, err := fs.ReadDir(folder, role)
	if err != nil {
		return readable(err)
	}
	for _, entry := range entries {
		file := path.Join(role, entry.Name())
		switch {
		case passedOver(folder, file, entry):
			continue
		case !entry.Type().IsRegular() || !policyFile.MatchString(entry.Name()):
			return fmt.Errorf("%s is not a policy: %s", file, removeIt(entry))
		}
		text, err := readFile(folder, file)
		if err != nil {
			return err
		}
		files[file] = text
	}
	if files[path.Join(role, trustFile)] == nil {
		return fmt.Errorf("%s has no %s, which says who may assume the role", role, trustFile)
	}
	return nil
}

func readFile(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, readable(err)
	}
	if info.Size() > maxDocument {
		return nil, fmt.Errorf("%s has more than %d bytes: no policy of IAM is so large", name, maxDocument)
	}
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, readable(err)
	}
	return text, nil
}

// passedOver reports whether an entry of folder, at file, is no policy by its name. A README.md that is a folder and a
// hidden folder that is one of a role are not passed over: others who deploy the folder may not do so either.
func passedOver(folder fs.FS, file string, entry fs.DirEntry) bool {
	name := entry.Name()
	if name == readme {
		return !entry.IsDir()
	}
	if !strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".json") {
		return false
	}
	_, err := fs.Stat(folder, path.Join(file, trustFile))
	return err != nil
}

// removeIt says what is wrong with an entry, and what to do.
func removeIt(entry fs.DirEntry) string {
	what := "its name is not one of a policy, NAME.json"
	switch {
	case entry.Type()&fs.ModeSymlink != 0:
		what = "it is a symbolic link, in whose place a copy should stand"
	case strings.HasPrefix(entry.Name(), "."):
		what = "it is hidden"
	case entry.IsDir():
		what = "it is a folder"
	case !entry.Type().IsRegular():
		what = "it is not a file"
	}
	return what + "; only ROLE/NAME.json and README.md may stand here, since nothing is left out silently"
}

// readable says what to do about a file that may not be read: in a container, the user who reads it is not the one who made it.
func readable(err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return errors.New("it is a file: want the folder that holds one folder per role")
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (who runs this must be able to read it: chmod -R a+rX on the folder)", err)
	}
	return err
}
