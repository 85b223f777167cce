package identity

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

var testKey = bytes.Repeat([]byte{7}, 32)

func newTestSealer(t testing.TB, key []byte) *sealer {
	t.Helper()
	s, err := newSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testClaims() *claims {
	return &claims{
		AccessKeyID: "ASIAAAAAAAAAAAAAAAAA", RoleID: "AROAAAAAAAAAAAAAAAAAA", SessionName: "yellow@1",
		Tags: []Tag{{"TenantID", "yellow"}}, TransitiveKeys: []string{"TenantID"}, Chained: true,
		IssuedAt: time.Unix(1700000000, 0).UTC(), Expires: time.Unix(1700003600, 0).UTC(),
	}
}

func TestTokenSaysWhatWasSealedAndNothingInClear(t *testing.T) {
	s := newTestSealer(t, testKey)
	token, err := s.seal(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.open(token)
	if err != nil || got.RoleID != testClaims().RoleID || got.Tags[0] != testClaims().Tags[0] || !got.Expires.Equal(testClaims().Expires) {
		t.Errorf("open: %+v, %v", got, err)
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("yellow")) || bytes.Contains(raw, []byte("AROA")) {
		t.Error("the token shows its claims")
	}
	again, err := s.seal(testClaims())
	if err != nil || again == token {
		t.Errorf("the same claims give the same token: %v", err)
	}
}

func TestTokenThatWasTouchedIsRefused(t *testing.T) {
	s := newTestSealer(t, testKey)
	token, err := s.seal(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		changed := bytes.Clone(raw)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := s.open(base64.StdEncoding.EncodeToString(changed)); err == nil {
			t.Fatalf("bit %d changed: accepted", i)
		}
	}
	for name, changed := range map[string]string{
		"empty": "", "cut": token[:len(token)-4], "longer": token + "AAAA", "line break": token[:8] + "\n" + token[8:],
		"line break at the end": token + "\r\n", "no padding": strings.TrimRight(token, "=") + "A", "space": " " + token,
		"too long": strings.Repeat("A", maxToken+4),
	} {
		if _, err := s.open(changed); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := newTestSealer(t, bytes.Repeat([]byte{8}, 32)).open(token); err == nil {
		t.Error("another key opens the token")
	}
}

// TestTokenHasOneSpelling: the bits that base64 leaves over at the end must be zero.
func TestTokenHasOneSpelling(t *testing.T) {
	s := newTestSealer(t, testKey)
	c := testClaims()
	for range 3 { // one of three lengths ends in one '=', one in two
		c.SessionName += "x"
		token, err := s.seal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.open(token); err != nil {
			t.Errorf("%s as it is: %v", token, err)
		}
		digits := strings.TrimRight(token, "=")
		if len(digits) == len(token) {
			continue
		}
		last := len(digits) - 1
		changed := digits[:last] + string(digits[last]+1) + token[len(digits):]
		if _, err := s.open(changed); err == nil {
			t.Errorf("%s: another spelling of the token is accepted", changed)
		}
	}
}

func TestSecretBelongsToTheKey(t *testing.T) {
	s := newTestSealer(t, testKey)
	a, b := s.secretKey("ASIAAAAAAAAAAAAAAAAA"), s.secretKey("ASIAAAAAAAAAAAAAAAAB")
	if a == b || len(a) != 40 || a != newTestSealer(t, testKey).secretKey("ASIAAAAAAAAAAAAAAAAA") {
		t.Errorf("secrets %q and %q: want 40 characters, different, the same after a restart", a, b)
	}
	if a == newTestSealer(t, bytes.Repeat([]byte{8}, 32)).secretKey("ASIAAAAAAAAAAAAAAAAA") {
		t.Error("another sealing key derives the same secret")
	}
}

func TestSealingKeyOfAnotherLengthIsAnError(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := newSealer(make([]byte, n)); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
	}
}

// FuzzOpen: whatever a token is, it is opened only where sealing what it says is what made it.
func FuzzOpen(f *testing.F) {
	s := newTestSealer(f, testKey)
	token, err := s.seal(testClaims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Add("e30=")
	f.Add(base64.StdEncoding.EncodeToString(make([]byte, 64)))
	f.Fuzz(func(t *testing.T, candidate string) {
		var c *claims
		var err error
		alloctest.Bound(t, len(candidate), func() { c, err = s.open(candidate) })
		if err != nil {
			return
		}
		// Only tokens of this key open, and this key made just the one with these claims.
		if c.AccessKeyID != testClaims().AccessKeyID {
			t.Errorf("opened a token that was never sealed: %+v", c)
		}
	})
}
