package iam

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"example.com/shiptrack/infra/localaws"
)

// Source is a set of policies as it was read at one moment. Its files are in memory, so SHA256 belongs to
// the files that are used, even if the files on disk change afterwards.
type Source struct {
	Name     string // for people: "infra/iam/hardened", or the folder as it was given
	SHA256   string // of the files, in lower-case hexadecimal; see sum
	Embedded bool   // the copy in the binary, since there is no checkout
	Files    fs.FS  // in the form that localaws.LoadRoles reads

	folder string   // the beginning of a file's path in an error
	paths  []string // of Files
}

// Open reads the policies that where names, for a process whose working directory is dir. Where it is the name
// of a Set, Open reads the folder infra/iam/<name> of the checkout around dir: dir itself or the nearest folder above it
// that has go.work and infra/iam. Without a checkout it takes the embedded copy, and the Source says so. Any other where
// is a folder that holds one folder per role; "./hardened" is a folder even though hardened is a name.
//
// Open reads the files and does not parse them: Load does. It refuses files that it would otherwise leave out; see localaws.PolicyFiles.
func Open(where, dir string) (Source, error) {
	if set := Set(where); set == Hardened || set == Article {
		root, ok := checkout(dir)
		if !ok {
			return Embedded(set)
		}
		folder := filepath.Join(root, "infra", "iam", where)
		return openFolder("infra/iam/"+where, folder, seenFrom(dir, folder))
	}
	if where == "" {
		return Source{}, unknown(where)
	}
	folder := where
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(dir, where)
	}
	return openFolder(filepath.Clean(where), folder, filepath.Clean(where))
}

// Embedded returns the copy of set that the binary was built with.
func Embedded(set Set) (Source, error) {
	files, err := Files(set)
	if err != nil {
		return Source{}, err
	}
	s, err := newSource("infra/iam/"+string(set)+" as embedded in this binary", "infra/iam/"+string(set), files)
	s.Embedded = true
	return s, err
}

func openFolder(name, folder, shown string) (Source, error) {
	switch info, err := os.Stat(folder); {
	case os.IsNotExist(err):
		return Source{}, unknown(shown)
	case err != nil:
		return Source{}, err
	case !info.IsDir():
		return Source{}, fmt.Errorf("%s is a file: want the folder that holds one folder per role", shown)
	}
	return newSource(name, shown, os.DirFS(folder))
}

func newSource(name, shown string, files fs.FS) (Source, error) {
	texts, err := localaws.PolicyFiles(files)
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", shown, err)
	}
	kept := fstest.MapFS{}
	for path, text := range texts {
		kept[path] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	return Source{Name: name, SHA256: sum(texts), Files: kept, folder: shown, paths: slices.Sorted(maps.Keys(texts))}, nil
}

func unknown(where string) error {
	return fmt.Errorf("no policies at %q: want %q, %q, or a folder that holds one folder per role, such as infra/iam/hardened", where, Hardened, Article)
}

// Load returns the roles with every placeholder replaced; see localaws.LoadRoles. An error that is about a file names it
// by the path that a user can open.
func (s Source) Load(values localaws.Values) ([]localaws.Role, error) {
	roles, err := localaws.LoadRoles(s.Files, values)
	if err != nil {
		return nil, &loadError{s, err}
	}
	return roles, nil
}

// loadError is an error of LoadRoles, whose lines begin with the paths of the files at fault.
type loadError struct {
	source Source
	err    error
}

func (e *loadError) Unwrap() error { return e.err }

func (e *loadError) Error() string {
	lines := strings.Split(e.err.Error(), "\n")
	for i, line := range lines {
		separator := ": "
		if slices.ContainsFunc(e.source.paths, func(p string) bool { return strings.HasPrefix(line, p) }) {
			separator = "/"
		}
		lines[i] = e.source.folder + separator + line
	}
	return strings.Join(lines, "\n")
}

// String names the source and its SHA-256.
func (s Source) String() string { return s.Name + " (sha256 " + s.SHA256 + ")" }

// Copy writes the files into a new folder, for a process that has to use these and no others.
func (s Source) Copy(folder string) error { return os.CopyFS(folder, s.Files) }

// checkout returns the nearest folder, from dir upwards, that is a checkout of Shiptrack.
func checkout(dir string) (root string, ok bool) {
	for dir = physical(dir); ; dir = filepath.Dir(dir) {
		workspace, err := os.Stat(filepath.Join(dir, "go.work"))
		policies, errPolicies := os.Stat(filepath.Join(dir, "infra", "iam"))
		if err == nil && errPolicies == nil && workspace.Mode().IsRegular() && policies.IsDir() {
			return dir, true
		}
		if filepath.Dir(dir) == dir {
			return "", false
		}
	}
}

// seenFrom is the path of folder relative to dir, where there is one.
func seenFrom(dir, folder string) string {
	if path, err := filepath.Rel(physical(dir), folder); err == nil {
		return path
	}
	return folder
}

// physical is the absolute path of dir without symbolic links, as far as they can be resolved.
func physical(dir string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	return dir
}

// sum is the SHA-256 of policy files by their paths, such as "TrackingAccessRole/trust.json". It is the hash of the listing
// that sha256sum prints of them, sorted by the bytes of their paths. So a shell can compute it too:
//
//	cd infra/iam/hardened && find * -name '*.json' | LC_ALL=C sort | xargs sha256sum | sha256sum
//
// Two sets of files have the same sum only if they have the same paths with the same content: a path has neither blanks
// nor line ends (see localaws.PolicyFiles), and each line has one digest of fixed length.
func sum(files map[string][]byte) string {
	listing := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(listing, "%x  %s\n", sha256.Sum256(files[name]), name)
	}
	return fmt.Sprintf("%x", listing.Sum(nil))
}
