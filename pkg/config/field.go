package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// field is what a settings struct says of one variable.
type field struct {
	goName   string
	variable string
	typ      reflect.Type
	standard string // the default; empty: none
	required bool
	secret   bool
	help     string
}

// fieldsOf returns the fields of the settings struct v, whose values are presets.
func fieldsOf(v reflect.Value) []field {
	var all []field
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("env"), ",")
		if name == "" {
			if f.IsExported() && value.Kind() == reflect.Struct {
				all = append(all, fieldsOf(value)...)
			}
			continue
		}
		standard := f.Tag.Get("envDefault")
		if standard == "" && !value.IsZero() {
			standard = fmt.Sprint(value.Interface())
		}
		all = append(all, field{
			goName: f.Name, variable: name, typ: f.Type, standard: standard,
			required: slices.Contains(strings.Split(options, ","), "required"),
			secret:   f.Tag.Get("secret") == "true", help: f.Tag.Get("help"),
		})
	}
	return all
}

// malformed says that the variable's value could not be parsed, and what could be.
func (f field) malformed(cause error) string {
	var want string
	switch {
	case f.typ == reflect.TypeFor[time.Duration]():
		want = "want a duration such as 500ms, 5s or 1h30m"
	case f.typ.Kind() == reflect.Bool:
		want = "want true or false"
	case f.typ.Kind() >= reflect.Int && f.typ.Kind() <= reflect.Uint64:
		want = "want a whole number"
	case f.secret:
		return "cannot be read; " + f.help // the cause may repeat the value
	default:
		want = cause.Error()
	}
	if f.help == "" {
		return want
	}
	return want + "; " + f.help
}

// Usage returns a table of the variables that Load[T] reads, for --help: indented, so that kong leaves its
// lines as they are.
func Usage[T any]() string {
	var t T
	preset(&t)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range fieldsOf(reflect.ValueOf(&t).Elem()) {
		standard := f.standard
		switch {
		case f.required:
			standard = "(required)"
		case f.secret && standard != "":
			standard = "(secret)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.variable, standard, f.help)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// typoPrefixes are those of variables that are ours alone. A program cannot refuse what it does not know
// in an environment that it shares with others, but a name that is nearly right is surely meant for it.
var typoPrefixes = []string{"OIDC_", "TRACKING_"}

const typoDistance = 2

func typos(fields []field, set map[string]string) []Problem {
	var found []Problem
	for name := range set {
		ours := slices.ContainsFunc(typoPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if !ours || slices.ContainsFunc(fields, func(f field) bool { return f.variable == name }) {
			continue
		}
		for _, f := range fields {
			if distance(name, f.variable) <= typoDistance {
				found = append(found, Problem{Variable: name, Reason: "is not a setting; did you mean " + f.variable + "?"})
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b Problem) int { return strings.Compare(a.Variable, b.Variable) })
	return found
}

// distance is Levenshtein's: how many bytes to insert, remove or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
