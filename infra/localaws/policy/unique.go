package policy

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// uniqueID is the unique id of a role (AROA...) or a user (AIDA...), or that of a role's session (AROA...:NAME). IAM User
// Guide, "IAM identifiers", "Unique identifiers".
var uniqueID = regexp.MustCompile(`^(AROA[A-Z0-9]{12,124}(:[\w+=,.@-]{2,64})?|AIDA[A-Z0-9]{12,124})$`)

// IsUniqueID reports whether s has the form of the unique id of a role, a user or a session.
func IsUniqueID(s string) bool { return uniqueID.MatchString(s) }

// Principals returns what p's statements name as roles, users and sessions, each once and sorted: ARNs, and unique ids. Accounts,
// services and providers are not among them.
func (p *Policy) Principals() []string {
	names := map[string]bool{}
	for i := range p.statements {
		for _, name := range p.statements[i].principals.names {
			names[name.text] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Bind returns a copy of p in which each principal that ids has by its name matches by the unique id alone (Caller.ID, Caller.RoleID).
// "If the principal is deleted and made anew, the new one is not trusted" (IAM User Guide, "AWS JSON policy elements: Principal").
func (p *Policy) Bind(ids map[string]string) *Policy {
	bound := &Policy{statements: slices.Clone(p.statements), index: p.index}
	for i := range bound.statements {
		names := slices.Clone(bound.statements[i].principals.names)
		for j := range names {
			names[j] = newPrincipalName(names[j].text)
			if id, ok := ids[names[j].text]; ok {
				names[j].byID, names[j].id = true, id
			}
		}
		bound.statements[i].principals.names = names
	}
	return bound
}

func newPrincipalName(text string) principalName {
	if IsUniqueID(text) {
		return principalName{text, true, text}
	}
	return principalName{text: text}
}

// name reports whether the principals name who has this name, an ARN, or this unique id.
func (p *principals) name(arn, id string) bool {
	for i := range p.names {
		n := &p.names[i]
		if n.byID && n.id == id && id != "" || !n.byID && n.text == arn && arn != "" {
			return true
		}
	}
	return false
}

// another returns the unique ids to which the names of c are bound, where these are not c's: c has the name of a principal that
// was deleted.
func (p *principals) another(c *Caller) (ids []string) {
	for _, name := range []string{c.ARN, c.RoleARN} {
		for _, n := range p.names {
			if n.byID && n.text == name && n.id != c.ID && n.id != c.RoleID && !slices.Contains(ids, n.id) {
				ids = append(ids, n.id)
			}
		}
	}
	return ids
}

// RenamePrincipals returns document, which Parse accepts, with each principal as rename spells it. Nothing else is changed.
func RenamePrincipals(document string, rename func(name string) string) string {
	var out bytes.Buffer
	written := 0
	for dec := jsontext.NewDecoder(strings.NewReader(document)); ; {
		if kind := dec.PeekKind(); kind != '"' {
			if _, err := dec.ReadToken(); err != nil {
				break // the end
			}
			continue
		}
		value, err := dec.ReadValue()
		if err != nil || !isPrincipal(dec) {
			continue
		}
		name, _ := jsontext.AppendUnquote(nil, value)
		if renamed := rename(string(name)); renamed != string(name) {
			end := int(dec.InputOffset())
			out.WriteString(document[written : end-len(value)])
			quoted, _ := jsontext.AppendQuote(nil, renamed)
			out.Write(quoted)
			written = end
		}
	}
	out.WriteString(document[written:])
	return out.String()
}

// isPrincipal reports whether dec has read a value of Principal or NotPrincipal, such as /Statement/0/Principal/AWS/1.
func isPrincipal(dec *jsontext.Decoder) bool {
	if kind, length := dec.StackIndex(dec.StackDepth()); kind == '{' && length%2 == 1 {
		return false // a name
	}
	path := strings.Split(string(dec.StackPointer()), "/")
	i := slices.Index(path, "AWS")
	return i > 0 && (path[i-1] == "Principal" || path[i-1] == "NotPrincipal")
}
