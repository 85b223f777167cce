package rest

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

const (
	cursorKeyLength = 32 // bytes: AES-256
	cursorLifetime  = time.Hour
	// cursorSkew is how far the clock of the instance that made a cursor may be ahead of ours.
	cursorSkew = time.Minute
	// cursorReason is the contract's x-reason, so that a cursor refused by its form looks like any other.
	cursorReason = "is not the nextCursor of a page given to you within the last hour"
	// cursorPurpose tells a cursor of this list from anything else that the same key seals.
	cursorPurpose = "shiptrack ListShipments cursor 1 "
)

// cursors makes and reads the texts that say where the next page begins. A cursor is AES-256-GCM (NIST SP 800-38D)
// over the time of issue and the last key, with what it is for and the tenant as additional data: callers can neither read nor
// change one, and another tenant's cursor is refused like an invented one. The nonces are random, so a key should be
// replaced before it has sealed 2^32 cursors. It is safe for concurrent use.
type cursors struct {
	aead cipher.AEAD
	now  func() time.Time
}

func newCursors(key []byte, now func() time.Time) (*cursors, error) {
	if len(key) != cursorKeyLength {
		return nil, fmt.Errorf("rest: the cursor key has %d bytes, want %d", len(key), cursorKeyLength)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("rest: cursor key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("rest: cursor key: %w", err)
	}
	return &cursors{aead: aead, now: now}, nil
}

func purpose(owner tenant.ID) []byte { return []byte(cursorPurpose + owner.String()) }

// seal returns the cursor that lets owner go on after the id after.
func (c *cursors) seal(owner tenant.ID, after tracking.ShipmentID) string {
	return c.sealFor(purpose(owner), []byte(after.String()))
}

// open returns the id in a cursor that seal made for owner at most an hour ago. For any other text the error is
// the same: Invalid, naming the field cursor.
func (c *cursors) open(owner tenant.ID, text string) (tracking.ShipmentID, error) {
	content, err := c.read(purpose(owner), text)
	if err == nil {
		var id tracking.ShipmentID
		if id, err = tracking.ParseShipmentID(string(content)); err == nil {
			return id, nil
		}
	}
	return tracking.ShipmentID{}, refusedCursor(err)
}

// refusedCursor is the one refusal of a cursor.
func refusedCursor(cause error) error {
	return problem.WrapInvalidField(cause, "cursor", cursorReason)
}

// sealFor returns the cursor that holds content for a purpose.
func (c *cursors) sealFor(purpose, content []byte) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(c.now().UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, append(plain, content...), purpose))
}

// read returns what sealFor was given for this purpose at most an hour ago.
func (c *cursors) read(purpose []byte, text string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	// The decoder skips line ends: without the comparison one cursor would have many spellings.
	if err != nil || base64.RawURLEncoding.EncodeToString(sealed) != text {
		return nil, errors.New("rest: cursor: not base64url")
	}
	plain, err := c.aead.Open(nil, nil, sealed, purpose)
	if err != nil {
		return nil, errors.New("rest: cursor: not sealed by this key for this tenant and question")
	}
	if len(plain) < 8 {
		return nil, errors.New("rest: cursor: too short")
	}
	age := c.now().Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(plain))))
	if age > cursorLifetime || age < -cursorSkew {
		return nil, errors.New("rest: cursor: too old, or from the future")
	}
	return plain[8:], nil
}
