package iam

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OwnershipFile is the name of the file that says which tenant owns what. It lies beside the folder of the policies; see
// theorem.Ownership.
const OwnershipFile = "ownership.json"

// Ownership is an ownership file as it was read.
type Ownership struct {
	Name   string // for people
	SHA256 string // in lower-case hexadecimal
	Text   []byte
}

// OpenOwnership reads the file that where names. Where it is empty, it is the one beside the folder of policies, and the project's
// own where there is none. policies and dir are what Open was given.
func OpenOwnership(where, policies, dir string) (Ownership, error) {
	if where != "" {
		return readOwnership(where, dir)
	}
	if set := Set(policies); set != Hardened && set != Article {
		o, err := readOwnership(filepath.Join(filepath.Dir(filepath.Clean(policies)), OwnershipFile), dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return o, err
		}
	}
	if root, ok := checkout(dir); ok {
		path := filepath.Join(root, "infra", "iam", OwnershipFile)
		o, err := readOwnership(path, dir)
		o.Name = "infra/iam/" + OwnershipFile
		return o, err
	}
	return EmbeddedOwnership()
}

// EmbeddedOwnership returns the project's own file as the binary was built with it.
func EmbeddedOwnership() (Ownership, error) {
	text, err := files.ReadFile(OwnershipFile)
	return ownership("infra/iam/"+OwnershipFile+" as embedded in this binary", text), err
}

func readOwnership(path, dir string) (Ownership, error) {
	file := path
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, path)
	}
	text, err := os.ReadFile(file)
	return ownership(path, text), err
}

func ownership(name string, text []byte) Ownership {
	return Ownership{Name: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(text)), Text: text}
}
