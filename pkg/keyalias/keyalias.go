// Package keyalias names the KMS key of each tenant: the alias that who stores a document asks for, and that who makes the key
// gives it. It refuses to spell the tenant.
package keyalias

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"example.com/shiptrack/pkg/tenant"
)

// prefix begins each alias; KMS Developer Guide, "Alias names". digits is how much of the hash follows: 128 bits, so that no
// two tenants share a name.
const (
	prefix = "alias/shiptrack-"
	digits = 32
)

// Of returns the name of the alias of id's key, "alias/shiptrack-" and 32 hexadecimal digits of the tenant's SHA-256. KMS
// answers differently for an alias that exists and for one that does not, even to callers that may use neither. So an alias
// that spelled the tenant would tell who the customers are. One with a hash tells it only to who can guess the id.
func Of(id tenant.ID) string {
	sum := sha256.Sum256([]byte(id.String()))
	return prefix + hex.EncodeToString(sum[:])[:digits]
}

// Is reports whether an alias is one of a tenant's key, by how it begins.
func Is(alias string) bool { return strings.HasPrefix(alias, prefix) }
