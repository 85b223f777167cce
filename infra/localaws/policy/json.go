package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// word is a string, number or boolean of a document, and the offset in bytes at which it stands.
type word struct {
	text string
	at   int
}

func textsOf(words []word) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return texts
}

// member is a name with its list of values.
type member struct {
	name   word
	values []word
}

// reader reads a document's JSON by what the grammar expects at each place. jsontext refuses duplicate
// names and invalid UTF-8.
type reader struct {
	dec    *jsontext.Decoder
	source []byte
	at     int // offset of the token that was read last: where an error is
}

func newReader(document []byte) *reader {
	return &reader{dec: jsontext.NewDecoder(bytes.NewReader(document)), source: document}
}

// next reads a token.
func (r *reader) next() (jsontext.Token, error) {
	r.at = r.start()
	return r.dec.ReadToken()
}

// start is where the next token begins.
func (r *reader) start() int {
	at := int(r.dec.InputOffset())
	for at < len(r.source) && strings.IndexByte(" \t\r\n,:", r.source[at]) >= 0 {
		at++
	}
	return at
}

// end refuses whatever follows the document.
func (r *reader) end() error {
	switch _, err := r.next(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("there is text after the document")
}

// object calls f with the name of each member; f reads its value.
func (r *reader) object(what string, f func(name word) error) error {
	if err := r.expect('{', what+" must be an object"); err != nil {
		return err
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.next()
		if err != nil {
			return err
		}
		if err := f(word{name.String(), r.at}); err != nil {
			return err
		}
	}
	_, err := r.next()
	return err
}

// list calls f once for a single value, or for each element of an array, which must have one.
func (r *reader) list(what string, f func() error) error {
	if r.dec.PeekKind() != '[' {
		return f()
	}
	if _, err := r.next(); err != nil {
		return err
	}
	if r.dec.PeekKind() == ']' {
		return fmt.Errorf("%s is empty", what)
	}
	for r.dec.PeekKind() != ']' {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := r.next()
	return err
}

func (r *reader) expect(kind jsontext.Kind, message string) error {
	token, err := r.next()
	if err == nil && token.Kind() != kind {
		return errors.New(message)
	}
	return err
}

// text reads a string.
func (r *reader) text(what string) (word, error) {
	token, err := r.next()
	if err != nil {
		return word{}, err
	}
	if token.Kind() != '"' {
		return word{}, fmt.Errorf("%s must be a string", what)
	}
	return word{token.String(), r.at}, nil
}

// texts reads a string or a list of strings.
func (r *reader) texts(what string) (values []word, err error) {
	err = r.list(what, func() error {
		value, err := r.text(what)
		values = append(values, value)
		return err
	})
	return values, err
}

// scalars reads one or several strings, numbers or booleans: "Quotation marks are optional for numeric and
// Boolean values" (IAM User Guide, "Grammar of the IAM JSON policy language").
func (r *reader) scalars(what string) (values []word, err error) {
	err = r.list(what, func() error {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token.Kind() {
		case '"', '0', 't', 'f':
			values = append(values, word{token.String(), r.at})
			return nil
		}
		return fmt.Errorf("%s must be strings, numbers or booleans", what)
	})
	return values, err
}

// members reads an object of lists.
func (r *reader) members(what string, read func(string) ([]word, error)) (list []member, err error) {
	err = r.object(what, func(name word) error {
		values, err := read(what + " " + name.text)
		list = append(list, member{name, values})
		return err
	})
	return list, err
}
