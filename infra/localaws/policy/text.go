package policy

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// textTest is StringEquals and StringLike: case-sensitive, wildcards in StringLike only.
type textTest []pattern

func compileEquals(values []string, variables bool) (test, error) {
	return compileTexts(values, syntax{variables: variables})
}

func compileLike(values []string, variables bool) (test, error) {
	return compileTexts(values, syntax{variables: variables, wildcards: true})
}

func compileTexts(values []string, syn syntax) (textTest, error) {
	var t textTest
	for _, value := range values {
		p, err := compilePattern(value, syn)
		if err != nil {
			return nil, err
		}
		t = append(t, p)
	}
	return t, nil
}

func (t textTest) match(value string, ctx *Context) verdict {
	for i := range t {
		if t[i].match(value, ctx) {
			return yes
		}
	}
	return no
}

func (t textTest) patterns(f func(*pattern)) {
	for i := range t {
		f(&t[i])
	}
}

// foldTest is StringEqualsIgnoreCase.
type foldTest struct{ textTest }

func compileEqualsFold(values []string, variables bool) (test, error) {
	t, err := compileTexts(values, syntax{variables: variables})
	return foldTest{t}, err
}

func (t foldTest) match(value string, ctx *Context) verdict {
	for i := range t.textTest {
		if want, ok := t.textTest[i].expand(ctx); ok && strings.EqualFold(want, value) {
			return yes
		}
	}
	return no
}

// arnTest is ArnEquals and ArnLike.
type arnTest []arnPattern

func compileARNTest(values []string, variables bool) (test, error) {
	var t arnTest
	for _, value := range values {
		p, err := compileARNValue(value, syntax{variables: variables, wildcards: true})
		if err != nil {
			return nil, err
		}
		t = append(t, p)
	}
	return t, nil
}

func (t arnTest) match(value string, ctx *Context) verdict {
	for i := range t {
		if t[i].match(value, ctx) {
			return yes
		}
	}
	if !isARN(value) {
		return undecidable
	}
	return no
}

func (t arnTest) patterns(f func(*pattern)) {
	for i := range t {
		t[i].patterns(f)
	}
}

// plain is a test without variables.
type plain struct{}

func (plain) patterns(func(*pattern)) {}

// boolTest is Bool, and the value of Null.
type boolTest struct {
	plain
	isTrue, isFalse bool
}

func compileBool(values []string, _ bool) (test, error) {
	var t boolTest
	for _, value := range values {
		isTrue, isFalse := truth(value)
		if !isTrue && !isFalse {
			return nil, fmt.Errorf("%q is neither true nor false", value)
		}
		t.isTrue, t.isFalse = t.isTrue || isTrue, t.isFalse || isFalse
	}
	return t, nil
}

func (t boolTest) match(value string, _ *Context) verdict {
	switch isTrue, isFalse := truth(value); {
	case isTrue:
		return verdictOf(t.isTrue)
	case isFalse:
		return verdictOf(t.isFalse)
	default:
		return undecidable
	}
}

// truth reads a boolean in any case of letters, as "True" of Python and "TRUE" of spreadsheets.
func truth(value string) (isTrue, isFalse bool) {
	return equalFoldASCII(value, "true"), equalFoldASCII(value, "false")
}

// binaryTest is BinaryEquals: base64 in the policy, the bytes themselves in the request's context.
type binaryTest struct {
	plain
	values []string
}

func compileBinary(values []string, _ bool) (test, error) {
	var t binaryTest
	for _, value := range values {
		decoded, err := base64.StdEncoding.Strict().DecodeString(value)
		if err != nil || strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("%q is not base64", value)
		}
		t.values = append(t.values, string(decoded))
	}
	return t, nil
}

func (t binaryTest) match(value string, _ *Context) verdict {
	for _, want := range t.values {
		if want == value {
			return yes
		}
	}
	return no
}
