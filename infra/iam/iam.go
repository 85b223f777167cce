// Package iam holds Shiptrack's trust and permission policies, one JSON file each. localaws and AWS use
// the same files. There are two sets: the hardened one, which is the default everywhere, and the text
// of the AWS article.
//
// Commands call Open, which reads the files on disk. The embedded copy is for tests, and for commands
// that run outside a checkout.
package iam

import (
	"embed"
	"fmt"
	"io/fs"

	"example.com/shiptrack/infra/localaws"
)

// Set is a set of policies by its name: a folder beside this file.
type Set string

// The sets.
const (
	Hardened Set = "hardened"
	Article  Set = "article"
)

//go:embed hardened/*/*.json article/*/*.json ownership.json
var files embed.FS

// Files returns the embedded folder of set, in the form that localaws.LoadRoles reads.
func Files(set Set) (fs.FS, error) {
	if set != Hardened && set != Article {
		return nil, fmt.Errorf("policy set %q: want %q or %q", set, Hardened, Article)
	}
	return fs.Sub(files, string(set))
}

// Load returns the embedded roles of set with every placeholder replaced; see localaws.LoadRoles.
func Load(set Set, values localaws.Values) ([]localaws.Role, error) {
	folder, err := Files(set)
	if err != nil {
		return nil, err
	}
	return localaws.LoadRoles(folder, values)
}
