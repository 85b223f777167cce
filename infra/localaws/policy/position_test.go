package policy

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestMalformedDocumentIsNamedByLineAndColumn: each document has one fault, and a ¦ before it, which is taken out.
func TestMalformedDocumentIsNamedByLineAndColumn(t *testing.T) {
	for name, tc := range map[string]struct {
		kind     Kind
		document string
	}{
		"a comma too many":        {Identity, "{\n  \"Version\": \"2012-10-17\"¦,\n}"},
		"a comma too few":         {Identity, "{\n  \"Version\": \"2012-10-17\"\n  ¦\"Statement\": []}"},
		"a brace too few":         {Identity, "{\n  \"Version\": \"2012-10-17\"\n¦"},
		"nothing":                 {Identity, "¦"},
		"text behind it":          {Identity, goodIdentity + "\n ¦{}"},
		"a name twice":            {Identity, "{\"Version\": \"2012-10-17\",\n ¦\"Version\": \"2012-10-17\"}"},
		"a character beyond":      {Identity, "{\n\t\"Ver¦Ω\": 1}"},
		"no object":               {Identity, "\n ¦[]"},
		"no Statement":            {Identity, "\n {\"Version\": \"2012-10-17\"¦}"},
		"an unknown element":      {Identity, "{\n  ¦\"Comment\" : \"x\"}"},
		"an unknown Version":      {Identity, "{\n  \"Version\" : ¦\"2026\"}"},
		"no Effect":               {Identity, "{\"Statement\": [\n  ¦{\"Action\": \"*\", \"Resource\": \"*\"}]}"},
		"another Effect":          {Identity, "{\"Statement\": [\n  {\"Effect\":\n ¦\"allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}"},
		"no Action, alone":        {Identity, "{\"Statement\":\n  ¦{\"Effect\": \"Allow\", \"Resource\": \"*\"}}"},
		"the second action":       {Identity, withStatement("\"Action\": [\"s3:GetObject\",\n ¦\"Get\"], \"Resource\": \"*\"")},
		"an action of S3":         {Trust, withStatement("\"Principal\": {\"AWS\": \"*\"},\n \"Action\": ¦\"s3:GetObject\"")},
		"the second resource":     {Identity, withStatement("\"Action\": \"*\", \"Resource\": [\"arn:aws:s3:::é\", ¦\"x\"]")},
		"a Resource":              {Trust, withStatement("\"Principal\": {\"AWS\": \"*\"}, \"Action\": \"sts:AssumeRole\", \"Resource\": ¦\"*\"")},
		"a kind of principal":     {Trust, withStatement("\"Action\": \"sts:AssumeRole\", \"Principal\": {\"AWS\": \"*\", ¦\"User\": \"x\"}")},
		"the second principal":    {Trust, withStatement("\"Action\": \"sts:AssumeRole\", \"Principal\": {\"AWS\": [\"*\", ¦\"x\"]}")},
		"an operator":             {Identity, withCondition("{¦\"Equals\": {\"a:b\": \"x\"}}")},
		"an operator without key": {Identity, withCondition("{¦\"StringEquals\": {}}")},
		"a key":                   {Identity, withCondition("{\"StringEquals\": {\"a:b\": \"x\", ¦\"b\": \"x\"}}")},
		"a key twice":             {Identity, withCondition("{\"StringEquals\": {\"a:b\": \"x\", ¦\"A:B\": \"x\"}}")},
		"the second value":        {Identity, withCondition("{\"NumericEquals\": {\"a:b\": [\"1\",\n ¦\"x\"]}}")},
		"a value that is null":    {Identity, withCondition("{\"NumericEquals\": {\"a:b\": [\"1\", ¦null]}}")},
		"an empty list":           {Identity, withCondition("{\"NumericEquals\": {\"a:b\": ¦[ ]}}")},
		"a Sid":                   {Identity, withStatement("\"Sid\": ¦\"a b\", \"Action\": \"*\", \"Resource\": \"*\"")},
		"too much":                {Trust, withStatement("\"Sid\": \"" + strings.Repeat("x", maxTrust-len(`{"Statement":[{"Effect":"Allow","Sid":"`)) + "¦x\"")},
	} {
		t.Run(name, func(t *testing.T) {
			before, after, _ := strings.Cut(tc.document, "¦")
			_, err := Parse([]byte(before+after), tc.kind)
			got, ok := errors.AsType[*MalformedError](err)
			if want := lastOf(before); !ok || got.Position != want {
				t.Errorf("got %+v, want position %+v in\n%s", err, want, before+after)
			}
		})
	}
}

// lastOf is the place behind text, counted in the plain way.
func lastOf(text string) Position {
	lines := strings.Split(text, "\n")
	return Position{len(lines), 1 + utf8.RuneCountInString(lines[len(lines)-1])}
}

// TestPlacesAreThoseOfTheWholeText: in whatever order they are asked for.
func TestPlacesAreThoseOfTheWholeText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune{'a', 'é', '\n'})).Draw(t, "text")
		var borders []int
		for at := range text {
			borders = append(borders, at)
		}
		borders = append(borders, len(text))
		p := newPlaces([]byte(text))
		for _, at := range rapid.SliceOf(rapid.SampledFrom(borders)).Draw(t, "offsets") {
			if got, want := p.of(at), lastOf(text[:at]); got != want {
				t.Fatalf("byte %d stands at %v, want %v", at, got, want)
			}
		}
	})
}

func withStatement(members string) string {
	return "{\"Statement\": [\n  {\"Effect\": \"Allow\",\n " + members + "}]}"
}

func withCondition(condition string) string {
	return withStatement("\"Action\": \"*\", \"Resource\": \"*\",\n \"Condition\": " + condition)
}

func TestMalformedErrorSaysWhereAndWhy(t *testing.T) {
	_, err := Parse([]byte("{\n  \"Comment\": \"x\"}"), Identity)
	if want := `line 2, column 3: unknown element "Comment"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Parse([]byte(goodIdentity), Kind(7))
	if want := "unknown kind 7"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s: no element is at fault", err, want)
	}
}
