package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"
)

func TestMacIsHMACSHA256(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "key")
		message := rapid.SliceOfN(rapid.Byte(), 0, 1000).Draw(t, "message")
		h := hmac.New(sha256.New, key)
		h.Write(message)
		if got := mac(key, message); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Fatalf("got %x, want %x for key %x, message %x", got, h.Sum(nil), key, message)
		}
	})
}
