package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// member is a name with its list of strings.
type member struct {
	name   string
	values []string
}

// reader reads a document's JSON by what the grammar expects at each place. jsontext refuses duplicate
// names and invalid UTF-8.
type reader struct{ dec *jsontext.Decoder }

func newReader(document []byte) *reader {
	return &reader{jsontext.NewDecoder(bytes.NewReader(document))}
}

// end refuses whatever follows the document.
func (r *reader) end() error {
	switch _, err := r.dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("there is text after the document")
}

// object calls f with the name of each member; f reads its value.
func (r *reader) object(what string, f func(name string) error) error {
	if err := r.expect('{', what+" must be an object"); err != nil {
		return err
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := f(name.String()); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// list calls f once for a single value, or for each element of an array, which must have one.
func (r *reader) list(what string, f func() error) error {
	if r.dec.PeekKind() != '[' {
		return f()
	}
	if _, err := r.dec.ReadToken(); err != nil {
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
	_, err := r.dec.ReadToken()
	return err
}

func (r *reader) expect(kind jsontext.Kind, message string) error {
	token, err := r.dec.ReadToken()
	if err == nil && token.Kind() != kind {
		return errors.New(message)
	}
	return err
}

// text reads a string.
func (r *reader) text(what string) (string, error) {
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", err
	}
	if token.Kind() != '"' {
		return "", fmt.Errorf("%s must be a string", what)
	}
	return token.String(), nil
}

// texts reads a string or a list of strings.
func (r *reader) texts(what string) (values []string, err error) {
	err = r.list(what, func() error {
		value, err := r.text(what)
		values = append(values, value)
		return err
	})
	return values, err
}

// scalars reads one or several strings, numbers or booleans: "Quotation marks are optional for numeric and
// Boolean values" (IAM User Guide, "Grammar of the IAM JSON policy language").
func (r *reader) scalars(what string) (values []string, err error) {
	err = r.list(what, func() error {
		token, err := r.dec.ReadToken()
		if err != nil {
			return err
		}
		switch token.Kind() {
		case '"', '0', 't', 'f':
			values = append(values, token.String())
			return nil
		}
		return fmt.Errorf("%s must be strings, numbers or booleans", what)
	})
	return values, err
}

// members reads an object of lists.
func (r *reader) members(what string, read func(string) ([]string, error)) (list []member, err error) {
	err = r.object(what, func(name string) error {
		values, err := read(what + " " + name)
		list = append(list, member{name, values})
		return err
	})
	return list, err
}
