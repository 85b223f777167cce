package scrub

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// Secrets in the shapes that they have; none is anybody's.
var secrets = map[string]string{
	"a secret key":            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
	"a secret key with signs": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	"a session token":         strings.Repeat("FwoGZXIvYXdzEHYaDGx0", 20),
	"a JWT":                   "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl",
	"a bearer token":          "Bearer dG9rZW4tb2YtYW5h",
	"a password":              `password="correct horse battery staple"`,
	"a URL's password":        "https://ana:correcthorse@example.com",
	"a private key":           "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\nCCqGSM49AwEHBG0wawIBAQQg\n",
}

// shown are parts of the secrets that must not be seen.
var shown = []string{"bPxRfiCY", "wJalrXUt", "FwoGZXIv", "eyJzdWIi", "c2lnbmF0", "dG9rZW4t", "horse", "MIGHAgEA", "CCqGSM49"}

// TestNoPartOfASecretIsShown, wherever in a text it stands, and where the text is cut.
func TestNoPartOfASecretIsShown(t *testing.T) {
	if testing.Short() && alloctest.Race {
		t.Skip("one goroutine: the race detector finds nothing, and takes seconds")
	}
	const limit = 200
	for name, secret := range secrets {
		for before := range limit + 2*reach {
			text := strings.Repeat("ab ", before/3) + strings.Repeat("-", before%3) + " " + secret + " " + strings.Repeat("and so on ", 40)
			short, left := Text(text, limit)
			for _, part := range shown {
				if strings.Contains(short, part) {
					t.Fatalf("%s behind %d bytes: %q shows %s", name, before, short, part)
				}
			}
			if left == 0 || len(short) > limit+32 {
				t.Fatalf("%s behind %d bytes: %d bytes with %d left, want at most %d", name, before, len(short), left, limit+32)
			}
		}
	}
}

func TestOrdinaryTextsStayAsTheyAre(t *testing.T) {
	for _, text := range []string{
		"", "yellow", "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData/index/ByStatus",
		"arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-service",
		"0190c8e4-7a3b-7c1d-9e5f-3a2b1c0d9e8f", "aws-sdk-go-v2/1.48.0 ua/2.1 os/linux lang/go#1.26.0 md/GOOS#linux api/dynamodb#1.73.2 m/E,Z",
		"there is no table Missing in this region, so what keys the request names is not known: create the table first",
		"Value '...' at 'roleSessionName' failed to satisfy constraint", "Grüße 世界", strings.Repeat("x", 90),
	} {
		if got, left := Text(text, 2048); got != text || left != 0 {
			t.Errorf("got %q with %d left, want %q", got, left, text)
		}
	}
	id := strings.Repeat("x", 128)
	if got := ID(id); got != id {
		t.Errorf("the id %q becomes %q", id, got)
	}
	if got := ID("id=" + secrets["a secret key"]); strings.Contains(got, "bPxRfiCY") {
		t.Errorf("the id %q shows a secret", got)
	}
}

// FuzzText: whatever the text, it is short, valid, and says how much it lacks.
func FuzzText(f *testing.F) {
	for _, secret := range secrets {
		f.Add(secret, 64)
		f.Add(strings.Repeat(secret, 40), 64)
		f.Add(strings.Repeat("\x00\xff\"", 40)+secret, 100)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 16 + (limit&0x7fffffff)%4096
		var short string
		var left int
		alloctest.Bound(t, len(text), func() { short, left = Text(text, limit) })
		written, err := json.Marshal(short, jsontext.AllowInvalidUTF8(true))
		if err != nil || len(written) > limit+2+32 {
			t.Errorf("%q takes %d bytes as JSON (%v), want at most %d", text, len(written), err, limit+2+32)
		}
		if left < 0 || left > max(len(text), len(Secrets(text))) {
			t.Errorf("%d bytes of %d are left out", left, len(text))
		}
	})
}
