package tenant

import (
	"encoding/base32"
	"fmt"
)

// MaxEncoded is how many bytes Encode takes at most: 39 bytes are 63 characters of base32.
const MaxEncoded = 39

// lowerBase32 is RFC 4648 section 6 in lower case, without padding.
var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Encode returns the ID of a tenant whose name at its issuer has another form than an ID: the lower-case base32
// (RFC 4648 section 6), without padding, of the name's bytes. A name has 1 to MaxEncoded bytes, of any value. Two
// names never give one ID. The error is ErrInvalid and does not repeat the name.
//
// Name must be the claim as it was signed. Refuse what a JSON decoder would replace (U+FFFD for what is not
// UTF-8): such a decoder makes one name of two before Encode sees them.
func Encode(name string) (ID, error) {
	if len(name) < 1 || len(name) > MaxEncoded {
		return ID{}, fmt.Errorf("%w: it has %d bytes; want 1 to %d, which are encoded", ErrInvalid, len(name), MaxEncoded)
	}
	return ID{value: lowerBase32.EncodeToString([]byte(name))}, nil
}

// Decode returns the name that Encode made text of. It is for people who read logs and names of stores; the
// application never decodes. It fails with ErrInvalid for a text that Encode does not make; one that Encode makes
// may still be the plain ID of another issuer's tenant.
func Decode(text string) (string, error) {
	name, err := lowerBase32.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("%w: not unpadded lower-case base32", ErrInvalid)
	}
	// The decoder skips line ends and ignores the bits that the last character has too many.
	if id, err := Encode(string(name)); err != nil || id.value != text {
		return "", fmt.Errorf("%w: nothing is encoded in this way", ErrInvalid)
	}
	return string(name), nil
}
