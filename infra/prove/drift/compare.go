package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// Change is one difference between the account and the files.
type Change struct {
	Where string `json:"where"` // "role TrackingAccessRole", "bucket shiptrack-123456789012"
	What  string `json:"what"`  // in words
	// Why is what it means for isolation, where the policies of the roles do not say it: then the theorem does not decide it.
	Why string `json:"why,omitempty"`
	// broken says that by it a tenant's session gets another's.
	broken bool
}

// Compare returns each difference, in the order roles, other roles and users, keys, bucket, table, domain.
func Compare(wanted Wanted, there *There) []Change {
	c := &comparison{wanted: wanted}
	for i := range there.Roles {
		c.role(&there.Roles[i])
	}
	c.others(there)
	c.keys(there.Keys)
	if there.AllKeys {
		c.keyless(there.Keys)
	}
	c.bucket(&there.Bucket)
	c.table(&there.Table)
	c.domain(&there.Domain)
	return c.changes
}

type comparison struct {
	wanted  Wanted
	changes []Change
}

func (c *comparison) add(where, why, format string, args ...any) {
	c.changes = append(c.changes, Change{Where: where, What: fmt.Sprintf(format, args...), Why: why})
}

// document adds what differs in a document that stands in the place of a wanted one.
func (c *comparison) document(where, why, what, wanted, there string) {
	found, err := differences(wanted, there)
	if err != nil {
		c.add(where, "what it says is not known", "%s cannot be read: %v", what, err)
	}
	for _, difference := range found {
		c.add(where, why, "%s %s", what, difference)
	}
}

func (c *comparison) role(r *Role) {
	where := "role " + r.Name
	if r.Absent {
		c.add(where, "", "it is not there; terraform apply makes it")
		return
	}
	wanted := c.wanted.Roles[slices.IndexFunc(c.wanted.Roles, func(w localaws.Role) bool { return w.Name == r.Name })]
	if own := "arn:aws:iam::" + c.wanted.Values.Account + ":role/" + r.Name; r.ARN != "" && r.ARN != own {
		c.add(where, "the theorem reads policies that name it as "+own, "it is under a path: %s", r.ARN)
	}
	if r.Trust != "" {
		c.trust(where, string(wanted.Trust), r.Trust)
	}
	if r.Inline != nil {
		c.inline(where, r, wanted)
	}
	for _, arn := range slices.Sorted(maps.Keys(r.Attached)) {
		c.add(where, "", "the policy %s is attached: %s", arn, allOf(r.Attached[arn]))
	}
	if r.Trust != "" { // GetRole tells both
		c.limits(where, r, wanted)
		if r.Session != longest {
			c.add(where, "", "its sessions may last %s, not %s: so long whoever has one may use it, but where a role assumes it", r.Session, longest)
		}
	}
	for _, value := range valuesOf(r.Tags, c.wanted.Tag) {
		c.add(where, "the theorem knows no tags of roles: a session that brings no tag of its own is one of this tenant",
			"it has the tag %s=%s", c.wanted.Tag, value)
	}
}

// longest is how long a session of each role may last: what IAM gives a role that is made without a word about it.
const longest = time.Hour

// trust compares trust policies. The theorem takes whatever an AWS service runs under a role for the service of the files.
func (c *comparison) trust(where, wanted, there string) {
	c.document(where, "", "its trust policy", wanted, there)
	known := servicesOf(wanted)
	for _, service := range servicesOf(there) {
		if !slices.Contains(known, service) {
			c.add(where, "whoever may pass the role to that service decides what runs under it", "%s is trusted, which the files do not name", service)
		}
	}
}

// servicesOf are the AWS services that a trust policy lets in; none where it cannot be read, which document says.
func servicesOf(trust string) (all []string) {
	parsed, err := policy.Parse([]byte(trust), policy.Trust)
	if err != nil {
		return nil
	}
	for _, c := range parsed.Clauses() {
		if c.Effect == policy.Allow {
			all = append(all, c.Principals.Services...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *comparison) inline(where string, r *Role, wanted localaws.Role) {
	kept := map[string]bool{}
	for _, p := range wanted.Policies {
		kept[p.Name] = true
		if document, has := r.Inline[p.Name]; has {
			c.document(where, "", "its policy "+p.Name, string(p.Document), document)
		} else {
			c.add(where, "", "its policy %s is gone", p.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		if !kept[name] {
			c.add(where, "", "the policy %s was added: %s", name, allOf(r.Inline[name]))
		}
	}
}

// limits compares the boundary. It only takes permissions away, so that a role without it may more. What the boundary of a boundary.json holds
// is no difference: bin/tenants writes it.
func (c *comparison) limits(where string, r *Role, role localaws.Role) {
	wanted := c.wanted.Boundary
	if wanted == "" && role.Boundary != nil {
		wanted = "arn:aws:iam::" + c.wanted.Values.Account + ":policy/" + localaws.BoundaryName(role.Name)
	}
	switch {
	case r.Boundary == wanted:
	case r.Boundary == "":
		c.add(where, "", "its permissions boundary %s was removed", wanted)
	case wanted == "":
		c.add(where, "", "it has the permissions boundary %s, which the files do not have (--boundary tells that it belongs there)", r.Boundary)
	default:
		c.add(where, "", "its permissions boundary is %s, not %s", r.Boundary, wanted)
	}
}

// allOf says what a document that should not be there allows and denies.
func allOf(document string) string {
	all, err := statements(document)
	if err != nil {
		return "its text could not be read"
	}
	var told []string
	for _, s := range all {
		told = append(told, s.told)
	}
	return strings.Join(told, "; ")
}

func (c *comparison) keys(keys []Key) {
	of := map[string][]string{}
	for i := range keys {
		k := &keys[i]
		c.key(k)
		for _, name := range k.tenants(c.wanted.Tag) {
			of[name] = append(of[name], k.ID)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if ids := of[name]; len(ids) > 1 {
			slices.Sort(ids)
			c.add("KMS keys", "one of them may hold another tenant's documents: sessions of "+name+" may use each",
				"%d keys are tagged %s=%s: %s; one was tagged by hand", len(ids), c.wanted.Tag, name, strings.Join(ids, ", "))
		}
	}
}

// keyless adds tenants that should have a key, and have none that can be used.
func (c *comparison) keyless(keys []Key) {
	a, b := tenant.IsolationCheck()
	for _, name := range append([]string{a.String(), b.String()}, c.wanted.Tenants...) {
		has := slices.ContainsFunc(keys, func(k Key) bool { return k.usable() && slices.Contains(k.tenants(c.wanted.Tag), name) })
		if !has {
			c.add("KMS keys", "", "tenant %s has none that is tagged %s=%s and can be used: no document of it can be stored or read", name, c.wanted.Tag, name)
		}
	}
}

func (c *comparison) key(k *Key) {
	where, tenants := "KMS key "+k.ID, k.tenants(c.wanted.Tag)
	if k.State != "" && k.State != "Enabled" {
		c.add(where, "", "it is %s", k.State)
	}
	if k.State != "" && !k.usable() {
		for _, alias := range k.Aliases {
			c.add(where, "", "the alias %s leads to it: that tenant's documents cannot be read", alias)
		}
		return
	}
	const unseen = "the theorem reads policies of roles alone"
	if k.Policy != "" {
		c.document(where, unseen, "its key policy", c.keyPolicy(), k.Policy)
	}
	for _, grant := range k.Grants {
		c.add(where, unseen, "it has a grant: %s", grant)
	}
	if len(tenants) > 1 {
		c.add(where, "sessions of each of them may use it", "it is tagged with several tenants: %s", strings.Join(tenants, ", "))
	}
	for name := range k.Tags {
		if strings.EqualFold(name, c.wanted.Tag) && name != c.wanted.Tag {
			c.add(where, "IAM matches names of tags without regard to case", "its tag is spelled %s", name)
		}
	}
	for _, alias := range k.Aliases {
		if !slices.ContainsFunc(tenants, func(name string) bool { return aliasOf(name) == alias }) {
			c.add(where, "the service encrypts this tenant's documents under it", "the alias %s leads to it, whose tenant it is not tagged with", alias)
		}
	}
	if len(tenants)+len(k.Aliases) == 0 {
		c.add(where, "", "its description says that it is a tenant's, and neither a tag nor an alias says whose: what lies under it cannot be read")
	}
	for _, name := range tenants {
		if alias := aliasOf(name); !slices.Contains(k.Aliases, alias) {
			c.add(where, "", "it is tagged %s=%s, and that tenant's alias %s does not lead to it", c.wanted.Tag, name, alias)
		}
	}
}

// aliasOf is the alias of a tenant's key, or of one of the isolation check's; empty: name is none.
func aliasOf(name string) string {
	a, b := tenant.IsolationCheck()
	for _, reserved := range []tenant.ID{a, b} {
		if reserved.String() == name {
			return keyalias.Of(reserved)
		}
	}
	id, err := tenant.Parse(name)
	if err != nil {
		return ""
	}
	return keyalias.Of(id)
}

// keyPolicy leaves all to IAM, as the one of a key that is made without one (terraform/modules/stores/keys.tf).
func (c *comparison) keyPolicy() string {
	return `{"Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + c.wanted.Values.Account + `:root"},"Action":"kms:*","Resource":"*"}]}`
}
