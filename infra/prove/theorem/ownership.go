package theorem

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/policy"
)

// Ownership says which tenant owns what, for each kind of resource that policies speak of. It is what a set of policies does not say of
// itself. Its ARNs may have the wildcards * and ?.
type Ownership struct {
	// Tag is the key of the session tag that names a session's tenant.
	Tag string `json:"tag"`
	// MayTag are the roles that are trusted to ask for a session of any tenant: they have verified who asks. The verdict says so.
	MayTag []string `json:"mayTag"`
	// Administrative are the roles of operators, and why each may reach what it reaches. What they reach is listed, never proven.
	Administrative map[string]string `json:"administrative,omitzero"`
	// Guessed is what a first file says without knowing it: see bin/prove policies init. Who has checked a line deletes it.
	Guessed []string `json:"guessed,omitzero"`
	// Attacked are further names of what is attacked. The theorem needs none of them.
	Attacked *Attacked `json:"attacked,omitzero"`
	Stores   []Store   `json:"stores"`
}

// Attacked are the names that the attacks of bin/prove need, and that neither policies nor Stores say.
type Attacked struct {
	Roles     Parts  `json:"roles"`
	Partition string `json:"partition"` // attribute of the table: its partition key
	Sort      string `json:"sort"`      // attribute of the table: its sort key
	Index     string `json:"index"`     // of the table; no policy grants it
	Bucket    string `json:"bucket"`    // may have <account-id>
	Domain    string `json:"domain"`    // of OpenSearch Service
	// Operator is the role that makes and removes tenants; nil: there is none, and nothing is attacked of it.
	Operator *Operator `json:"operator,omitzero"`
}

// Operator is the role of the control plane.
type Operator struct {
	Role string `json:"role"`
	// Registry are the partitions of the table in which it keeps what it knows: no tenant's.
	Registry []string `json:"registry"`
}

// Parts are the roles by the part that each has.
type Parts struct {
	Service  string `json:"service"` // of the task that serves; it assumes Access and Write
	Access   string `json:"access"`  // reads for one tenant
	Write    string `json:"write"`   // stores documents of one tenant
	SeedTask string `json:"seedTask"`
	Seed     string `json:"seed"` // writes everything of one tenant
}

// Store is a kind of store, with its resources. A request belongs to the first resource of all stores whose ARN matches.
type Store struct {
	Name      string     `json:"name"`
	Resources []Resource `json:"resources"`
}

// Resource is a kind of resource.
type Resource struct {
	// ARN is * for actions that have no resource.
	ARN string `json:"arn"`
	// Access says whom a request touches, by its action. The first that names the action counts. An action that none names touches
	// every tenant.
	Access []Access `json:"access"`
}

// Access says how the owner of what a request touches is told.
type Access struct {
	Actions []string `json:"actions"`
	// Owner is nobody (the request touches no tenant's data), everybody, or a text with {owner} once: the ARN, or a value of Key. A
	// request that the text does not describe touches every tenant.
	Owner string `json:"owner"`
	// Key is the condition key that tells the owner; none: the ARN does. Of several values, each names one.
	Key string `json:"key,omitzero"`
	// Delimiters are the characters that no owner has. Where they are left out, it is the one behind {owner}.
	Delimiters *string `json:"delimiters,omitzero"`
	// Always says that a request for these actions has the key, since the service takes no other.
	Always bool `json:"always,omitzero"`
}

// The owners that are none.
const (
	nobody    = "nobody"
	everybody = "everybody"
	hole      = "{owner}"
)

// ReadOwnership reads an ownership file, and refuses what it does not know.
func ReadOwnership(text []byte) (*Ownership, error) {
	var o Ownership
	if err := json.Unmarshal(bytes.TrimSpace(text), &o, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	if o.Tag == "" {
		return nil, fmt.Errorf(`"tag" is missing: the key of the session tag that names the tenant, such as tenant`)
	}
	for _, s := range o.Stores {
		if s.Name == "" {
			return nil, fmt.Errorf(`a store has no "name"`)
		}
		for _, r := range s.Resources {
			if err := r.check(); err != nil {
				return nil, fmt.Errorf("store %s: %w", s.Name, err)
			}
		}
	}
	if len(o.Stores) == 0 {
		return nil, fmt.Errorf(`"stores" is missing: without it every resource is unknown`)
	}
	return &o, nil
}

func (r *Resource) check() error {
	if segments := strings.SplitN(r.ARN, ":", 6); r.ARN != noResource &&
		(len(segments) != 6 || segments[0] != "arn" || segments[2] == "" || strings.ContainsAny(segments[2], "*?")) {
		return fmt.Errorf(`"arn" %q is not of the form arn:partition:service:region:account:resource, with a service`, r.ARN)
	}
	for _, a := range r.Access {
		switch {
		case len(a.Actions) == 0:
			return fmt.Errorf(`%s: "access" has no "actions"`, r.ARN)
		case a.Owner == nobody || a.Owner == everybody:
			if a.Key != "" || a.Always || a.Delimiters != nil {
				return fmt.Errorf(`%s: the owner %s is told by no key`, r.ARN, a.Owner)
			}
		case strings.Count(a.Owner, hole) != 1:
			return fmt.Errorf(`%s: "owner" %q: want nobody, everybody, or a text that has %s once`, r.ARN, a.Owner, hole)
		case a.Key == "" && strings.Count(a.Owner, ":") < 5:
			return fmt.Errorf(`%s: "owner" %q is no ARN, and there is no "key" whose value it could be`, r.ARN, a.Owner)
		case a.Key == "" && a.Always:
			return fmt.Errorf(`%s: "always" is about a key, and there is none`, r.ARN)
		}
		if err := r.checkActions(&a); err != nil {
			return err
		}
	}
	return nil
}

// service is the one whose actions r is for; empty: of several.
func (r *Resource) service() string {
	if r.ARN == noResource {
		return ""
	}
	return strings.SplitN(r.ARN, ":", 6)[2]
}

// knows reports whether o has resources of a service.
func (o *Ownership) knows(service string) bool {
	return slices.ContainsFunc(o.Stores, func(s Store) bool {
		return slices.ContainsFunc(s.Resources, func(r Resource) bool { return strings.EqualFold(r.service(), service) })
	})
}

// parts reads a text of the ownership file.
func parts(text string) []policy.Part {
	var all []policy.Part
	for text != "" {
		switch at := strings.IndexAny(text, "*?{"); {
		case at < 0:
			return append(all, policy.Part{Text: text})
		case at > 0:
			all, text = append(all, policy.Part{Text: text[:at]}), text[at:]
		case strings.HasPrefix(text, hole):
			all, text = append(all, policy.Part{Kind: policy.Variable, Key: hole}), text[len(hole):]
		case text[0] == '*':
			all, text = append(all, policy.Part{Kind: policy.Many}), text[1:]
		case text[0] == '?':
			all, text = append(all, policy.Part{Kind: policy.One}), text[1:]
		default:
			all, text = append(all, policy.Part{Text: text[:1]}), text[1:]
		}
	}
	return all
}

func arnOf(text string) policy.ARN {
	a := policy.ARN{Source: text}
	for _, segment := range strings.SplitN(text, ":", 6) {
		a.Segments = append(a.Segments, policy.Text{Source: segment, Parts: parts(segment)})
	}
	return a
}

// ownedARN is the language of an ARN of the ownership file.
func (a *alphabet) ownedARN(text string) *automaton {
	r := reading{alphabet: a}
	return r.arn(arnOf(text))
}

// names is the language of actions.
func (a *alphabet) names(actions []string) *automaton {
	c := constraint{folding: foldASCII}
	for _, name := range actions {
		c.texts = append(c.texts, policy.Text{Source: name, Parts: parts(name)})
	}
	return reading{alphabet: a}.automaton(&c)
}

// template is the language of what names an owner, with the owner marked. Where but is not empty, the owner is another.
func (a *alphabet) template(access *Access, but string) *automaton {
	none := ""
	if _, after, _ := strings.Cut(access.Owner, hole); access.Delimiters != nil {
		none = *access.Delimiters
	} else if after != "" && after[0] != '*' && after[0] != '?' {
		none = string([]rune(after)[:1])
	}
	letters := a.all
	for _, r := range none {
		letters = letters.minus(a.only(r))
	}
	owners := a.some(letters, false)
	if but != "" {
		owners = owners.and(a.exactly(but).not(a.all))
	}
	r := reading{alphabet: a, key: hole, mark: owner, values: map[string]*automaton{hole: owners}}
	if access.Key == "" {
		return r.arn(arnOf(access.Owner))
	}
	return r.text(parts(access.Owner), exact)
}
