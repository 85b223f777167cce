package smt

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// Write writes the certificates of roles into the folder dir, which has to be there, and returns how many: one for each obligation, and one
// for the lemma that they use. It is theorem.Prove that says what a solver has to answer; nothing else is taken from it. The roles that
// owned calls administrative have none. account is the one of the roles, twelve digits. The same arguments write the same files.
func Write(dir, account string, roles []theorem.Role, owned *theorem.Ownership) (int, error) {
	files, err := certificates(account, roles, owned)
	if err != nil {
		return 0, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return 0, err
		}
	}
	return len(files), nil
}

// beyond is a literal with a character that SMT-LIB does not have.
var beyond = regexp.MustCompile(`\\u\{([3-9a-f][0-9a-f]{4}|[0-9a-f]{6})\}`)

// certificates are the files by their names.
func certificates(account string, roles []theorem.Role, owned *theorem.Ownership) (map[string]string, error) {
	if owned.Bare() {
		return nil, fmt.Errorf(`the ownership file lists actions without a resource ("arn": "*"): there are no certificates of those`)
	}
	findings, err := theorem.Prove(account, roles, owned)
	if err != nil {
		return nil, err
	}
	expected := map[string]theorem.Verdict{}
	for _, f := range findings {
		for _, d := range f.Decided {
			expected[keyOf(f.Role, d.At.String(), d.Resource, d.Actions, d.Mode)] = d.Verdict
		}
	}
	files := map[string]string{"first-delimiter.smt2": lemma}
	for i := range roles {
		role := &roles[i]
		if owned.Administrative[role.Name] != "" {
			continue
		}
		for _, n := range role.Identity {
			for _, allow := range n.Policy.Clauses() {
				for _, o := range obligations(owned) {
					if allow.Effect != policy.Allow || !o.concerns(&allow) {
						continue
					}
					for _, mode := range o.modes() {
						c := &certificate{script: &script{}, obligation: o, account: account, roles: roles, owned: owned, role: role, from: n, allow: allow, mode: mode}
						v := expected[keyOf(role.Name, place(n, &allow), o.arn, o.named(), mode)]
						if files[c.file()] = c.text(statusOf(v)); beyond.MatchString(files[c.file()]) {
							return nil, fmt.Errorf("%s: the ownership file has a character beyond U+%X, and SMT-LIB has none", c.file(), lastRune)
						}
					}
				}
			}
		}
	}
	for name, text := range chained(account, roles, owned, expected) {
		files[name] = text
	}
	return files, nil
}

func (o *obligation) modes() []string {
	if o.arn == "" {
		return []string{""} // whatever the session is
	}
	return []string{tagged, untagged, emptied}
}

func (o *obligation) named() []string {
	if o.access == nil {
		return nil
	}
	return o.access.Actions
}

func keyOf(role, at, arn string, actions []string, mode string) string {
	return strings.Join([]string{role, at, arn, strings.Join(actions, ","), mode}, "\n")
}

// statusOf is what a solver has to answer. Where nothing was decided, the request is impossible already.
func statusOf(v theorem.Verdict) string {
	switch v {
	case theorem.Refuted:
		return "sat"
	case theorem.Undecided:
		return "unknown"
	}
	return "unsat"
}

// file is the name of the file: ROLE.POLICY.STATEMENT.STORE.RESOURCE.ACCESS.MODE.smt2; statements without a Sid are told by their
// numbers, as resources and accesses of the ownership file are.
func (c *certificate) file() string {
	statement := c.allow.Sid
	if statement == "" {
		statement = fmt.Sprint(c.allow.Index + 1)
	}
	names := []string{strings.ReplaceAll(c.from.Name, "/", "."), statement, c.store}
	if c.arn != "" {
		names = append(names, fmt.Sprint(c.resource), fmt.Sprint(c.number), c.mode)
	}
	return strings.Join(names, ".") + ".smt2"
}
