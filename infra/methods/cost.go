package methods

import (
	"crypto/sha256"
	"fmt"
	"unicode"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws"
)

// Cost is what a method needs in IAM. The service's own role is the same for each, and not in it.
type Cost struct {
	Roles    int
	Policies int // inline policies of the roles
	Bytes    int // of trust policies and policies, as IAM counts them: without white space
}

// Objects are all that somebody has to make, review and remove.
func (c Cost) Objects() int { return c.Roles + c.Policies }

// Tenant is the id of the i-th tenant: of the form of a UUID, since ids should not be guessed.
func Tenant(i int) string {
	sum := sha256.Sum256(fmt.Append(nil, "tenant ", i))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// CostOf is the cost of so many tenants, whose ids are of one length: what is there once, and as often as there are tenants what each adds.
func CostOf(m Method, tenants int, definitions []Definition) (Cost, error) {
	shared, err := m.Shared(definitions)
	if err != nil {
		return Cost{}, err
	}
	added, err := m.OfTenant(Tenant(0), definitions)
	once, each := costOf(shared), costOf(added)
	return Cost{once.Roles + tenants*each.Roles, once.Policies + tenants*each.Policies, once.Bytes + tenants*each.Bytes}, err
}

func costOf(roles []localaws.Role) (c Cost) {
	for _, r := range roles {
		c.Roles++
		c.Policies += len(r.Policies)
		c.Bytes += size(r.Trust)
		for _, p := range r.Policies {
			c.Bytes += size(p.Document)
		}
	}
	return c
}

// size is a document's length as IAM counts it.
func size(document []byte) (n int) {
	for _, r := range string(document) {
		if !unicode.IsSpace(r) {
			n += utf8.RuneLen(r)
		}
	}
	return n
}
