package credentials_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/credentials"
)

func TestMissingTokenFileIsMadeForItsOwnerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	var all sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens {
		all.Go(func() {
			var err error
			if tokens[i], err = credentials.ReadOrMakeToken(file); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, got := range tokens {
		if got != tokens[0] || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(got) {
			t.Fatalf("got tokens %q, want one of 64 hexadecimal digits", tokens)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil || string(content) != tokens[0] {
		t.Fatalf("the file holds %q, %v; want the token and nothing else, since SDKs send it as it is", content, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got mode %v, %v, want 0600", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Fatalf("got %d files, %v, want the token file alone", len(left), err)
	}
}

func TestTokenFileIsReadWithoutWhiteSpaceAtItsEnd(t *testing.T) {
	for _, tc := range []struct {
		content, want, failure string
	}{
		{"0123456789abcdef\r\n", "0123456789abcdef", ""},
		{"0123456789abcde\n", "", "the token has 15 characters"},
		{"", "", "the token has 0 characters"},
		{"0123456789abcdef\nsecond line", "", "not printable"},
	} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := credentials.ReadOrMakeToken(file)
		switch {
		case tc.failure == "" && (err != nil || got != tc.want):
			t.Errorf("%q: got %q, %v, want %q", tc.content, got, err, tc.want)
		case tc.failure != "" && (err == nil || !strings.Contains(err.Error(), tc.failure)):
			t.Errorf("%q: got %q, %v, want a failure with %q", tc.content, got, err, tc.failure)
		}
	}
}

func TestTokenFileWithoutItsDirectoryIsAFailure(t *testing.T) {
	if got, err := credentials.ReadOrMakeToken(filepath.Join(t.TempDir(), "missing", "token")); err == nil {
		t.Fatalf("got %q, want a failure", got)
	}
}
