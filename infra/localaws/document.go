package localaws

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/policy"
)

var (
	// The values that may replace a placeholder: none can change the JSON of a document or widen an ARN.
	valuePattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	placeholderPattern = regexp.MustCompile(`<[^<>"\s]*>`)
)

func (v Values) of(placeholder string) (value string, known bool) {
	switch placeholder {
	case "<region>":
		return v.Region, true
	case "<account-id>":
		return v.Account, true
	case "<bucket>":
		return v.Bucket, true
	case "<domain>":
		return cmp.Or(v.Domain, DefaultSearchDomain), true
	}
	return "", false
}

// loadDocument returns the text of a file with its placeholders replaced. A text that is no policy of the kind is an error.
func loadDocument(file, text string, isTrust bool, values Values) ([]byte, error) {
	filled, err := fill(file, text, values)
	if err != nil {
		return nil, err
	}
	kind := policy.Identity
	if isTrust {
		kind = policy.Trust
	}
	_, err = policy.Parse([]byte(filled), kind)
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		return nil, &documentError{file, onDisk(text, malformed, values)}
	}
	return []byte(filled), err
}

// documentError is a document that does not parse, with its file.
type documentError struct {
	file      string
	malformed *policy.MalformedError
}

func (e *documentError) Unwrap() error { return e.malformed }

func (e *documentError) Error() string {
	p := e.malformed.Position
	if p == (policy.Position{}) {
		return e.file + ": " + e.malformed.Reason
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.file, p.Line, p.Column, e.malformed.Reason)
}

// Fill replaces every placeholder of text, which an error calls name.
func (v Values) Fill(name, text string) (string, error) { return fill(name, text, v) }

// fill replaces every placeholder. The error has a line for each placeholder without a value, with its place.
func fill(file, text string, values Values) (string, error) {
	var errs []error
	line, lineStart, done := 1, 0, 0
	var filled strings.Builder
	for _, at := range placeholderPattern.FindAllStringIndex(text, -1) {
		before, placeholder := text[done:at[0]], text[at[0]:at[1]]
		if last := strings.LastIndexByte(before, '\n'); last >= 0 {
			line, lineStart = line+strings.Count(before, "\n"), done+last+1
		}
		value, known := values.of(placeholder)
		place := fmt.Sprintf("%s:%d:%d", file, line, 1+utf8.RuneCountInString(text[lineStart:at[0]]))
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("%s: unknown placeholder %s: <region>, <account-id>, <bucket> and <domain> are known", place, placeholder))
		case value == "":
			errs = append(errs, fmt.Errorf("%s: the placeholder %s has no value", place, placeholder))
		case !valuePattern.MatchString(value):
			errs = append(errs, fmt.Errorf("%s: the value %q for the placeholder %s must have lower-case letters, digits, dots and hyphens only", place, value, placeholder))
		}
		filled.WriteString(before + value)
		done = at[1]
	}
	filled.WriteString(text[done:])
	return filled.String(), errors.Join(errs...)
}

// onDisk turns the position of an error in the filled document into the position in text. No placeholder or value has a
// line break, so only the column changes; a position within a value becomes that of its placeholder.
func onDisk(text string, malformed *policy.MalformedError, values Values) *policy.MalformedError {
	p := malformed.Position
	if p == (policy.Position{}) {
		return malformed
	}
	line := strings.Split(text, "\n")[p.Line-1]
	for _, at := range placeholderPattern.FindAllStringIndex(line, -1) {
		begin, placeholder := 1+utf8.RuneCountInString(line[:at[0]]), line[at[0]:at[1]]
		value, _ := values.of(placeholder)
		if p.Column < begin+len(value) { // a value is ASCII
			p.Column = min(p.Column, begin)
			break
		}
		p.Column += utf8.RuneCountInString(placeholder) - len(value)
	}
	return &policy.MalformedError{Reason: malformed.Reason, Position: p}
}
