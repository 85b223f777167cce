package credentials_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

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

// TestTokenFileIsWhatAServiceSends: an AWS SDK sends the file's content as it is, and refuses a line break in it.
func TestTokenFileIsWhatAServiceSends(t *testing.T) {
	const lineBreak = "line break, and AWS SDKs refuse such a token: write the file without one, with printf %s in place of echo"
	for _, tc := range []struct {
		content, want, failure string
	}{
		{"0123456789abcdef", "0123456789abcdef", ""},
		{"0123456789abcdef\n", "", lineBreak},
		{"0123456789abcdef\r\n", "", lineBreak},
		{"0123456789abcdef\nsecond line", "", lineBreak},
		{"0123456789abcdef ", "", "ends with a space"},
		{"0123456789abcdef\t", "", "not printable"},
		{"0123456789abcde", "", "the token has 15 characters"},
		{"", "", "the token has 0 characters"},
	} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func(string) (string, error){"serve": credentials.ReadOrMakeToken, "health": credentials.ReadToken} {
			got, err := read(file)
			switch {
			case tc.failure == "" && (err != nil || got != tc.want):
				t.Errorf("%s, %q: got %q, %v, want %q", name, tc.content, got, err, tc.want)
			case tc.failure != "" && (err == nil || !strings.Contains(err.Error(), tc.failure) || !strings.Contains(err.Error(), file)):
				t.Errorf("%s, %q: got %q, %v, want a failure with %q", name, tc.content, got, err, tc.failure)
			}
		}
		if lines := strings.ContainsAny(tc.content, "\r\n"); lines {
			provider := endpointcreds.New("http://127.0.0.1:1", func(o *endpointcreds.Options) { o.AuthorizationToken = tc.content })
			if _, err := provider.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "invalid newline") {
				t.Errorf("the SDK says of %q %v, want that it refuses the line break", tc.content, err)
			}
		}
	}
}

func TestTokenFileWithoutItsDirectoryIsAFailure(t *testing.T) {
	if got, err := credentials.ReadOrMakeToken(filepath.Join(t.TempDir(), "missing", "token")); err == nil {
		t.Fatalf("got %q, want a failure", got)
	}
}
