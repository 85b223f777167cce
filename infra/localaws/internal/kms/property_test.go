package kms

import (
	"bytes"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawContext(t *rapid.T, label string) encryptionContext {
	return rapid.MapOfN(rapid.StringMatching(`[ab]{1,3}`), rapid.StringMatching(`[ab]{0,3}`), 0, 3).Draw(t, label)
}

func TestPropertyCiphertextOpensUnderItsKeyAndContextAlone(t *testing.T) {
	a, b := newKey(time.Now()), newKey(time.Now())
	rapid.Check(t, func(t *rapid.T) {
		plaintext := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "plaintext")
		context, other := drawContext(t, "context"), drawContext(t, "other context")
		sealed, err := a.seal(plaintext, context)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.open(sealed, maps.Clone(context)); err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("opened as %q, %v; want %q", got, err, plaintext)
		}
		if _, err := b.open(sealed, context); err == nil {
			t.Fatal("another key opens it")
		}
		if _, err := a.open(sealed, other); (err == nil) != maps.Equal(context, other) {
			t.Fatalf("sealed under %v, opened under %v: %v", context, other, err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		swapped := bytes.Clone(sealed)
		swapped[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		if _, err := a.open(swapped, context); err == nil {
			t.Fatalf("byte %d of %d is changed, and it opens", at, len(sealed))
		}
		if _, err := a.open(sealed[:at], context); err == nil {
			t.Fatalf("%d of %d bytes open", at, len(sealed))
		}
		relabelled := bytes.Clone(sealed)
		copy(relabelled[1:headerSize], b.ID)
		if _, err := b.open(relabelled, context); err == nil {
			t.Fatal("under the name of another key it opens")
		}
	})
}

// The header is part of the additional data: two keys with the same material do not open each other's ciphertexts.
func TestCiphertextIsBoundToTheIDOfItsKey(t *testing.T) {
	a, b := newKey(time.Now()), newKey(time.Now())
	b.Material = a.Material
	sealed, err := a.seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(sealed[1:headerSize], b.ID)
	if _, err := b.open(sealed, nil); err == nil {
		t.Error("a ciphertext opens under the id of another key")
	}
}

func TestPropertyAdditionalDataTellsContextsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawContext(t, "a"), drawContext(t, "b")
		if same := bytes.Equal(additionalData(nil, a), additionalData(nil, b)); same != maps.Equal(a, b) {
			t.Fatalf("%v and %v have the same additional data: %v", a, b, same)
		}
	})
}
