package credentials

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	minToken = 16 // characters
	maxToken = 4096
	newToken = 32 // random bytes, twice as many hexadecimal digits
)

// ReadOrMakeToken is ReadToken, but it makes a missing file, readable by its owner alone, with a random token.
// If several processes make it at once, one of them succeeds and all return its token.
func ReadOrMakeToken(file string) (string, error) {
	token, err := ReadToken(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	if err := makeToken(file); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return ReadToken(file)
}

// ReadToken returns the unchanged content of a token file, since a service sends it unchanged. A token that CheckToken
// refuses is an error; a line break at the end is refused too.
func ReadToken(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	token := string(content)
	if err := CheckToken(token); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return token, nil
}

// makeToken links a finished file to its name, so that nobody reads half a token. os.CreateTemp gives
// it the mode 0600.
func makeToken(file string) (err error) {
	unfinished, err := os.CreateTemp(filepath.Dir(file), ".token-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(unfinished.Name())) }()
	var random [newToken]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	_, err = unfinished.WriteString(hex.EncodeToString(random[:]))
	if err := errors.Join(err, unfinished.Close()); err != nil {
		return err
	}
	return os.Link(unfinished.Name(), file)
}

// CheckToken says why a token cannot be sent in a header, or is too easily guessed: 16 to 4096
// printable ASCII characters are wanted, spaces inside only. A line break is refused by the AWS SDKs too: for Go
// (endpointcreds), for Python (botocore, ContainerProvider) and for others.
func CheckToken(token string) error {
	if strings.ContainsAny(token, "\r\n") {
		return errors.New("the token has a line break, and AWS SDKs refuse such a token: write the file without one, " +
			"with printf %s in place of echo")
	}
	if len(token) < minToken || len(token) > maxToken {
		return fmt.Errorf("the token has %d characters, it must have %d to %d", len(token), minToken, maxToken)
	}
	for i := range len(token) {
		if token[i] < ' ' || token[i] > '~' {
			return errors.New("the token has a character that is not printable ASCII")
		}
	}
	if strings.Trim(token, " ") != token {
		return errors.New("the token begins or ends with a space, which HTTP cuts off: write it without one")
	}
	return nil
}
