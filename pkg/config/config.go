// Package config reads a program's settings from its environment into a struct and checks all of them
// before the program starts. It reports all wrong settings at once.
//
// A settings struct has one field per variable, with these tags:
//
//	Timeout time.Duration `env:"TIMEOUT,required" envDefault:"5s" help:"how long ..." secret:"true"`
//
// help is what the variable means and what to set it to; secret keeps the value out of errors and of
// Usage. A field may be a string, bool, integer, time.Duration or encoding.TextUnmarshaler. A field that is a
// struct without the tag env holds more of them; its tag envPrefix stands before their names.
//
// An empty variable counts as one that is not set. A method Defaults on *T presets fields, where a default
// depends on the program; a method Validate() error on *T, or on a struct in it, checks what a type alone
// cannot, and returns Invalid or several of them joined. It may return a Problem for a variable that something else reads.
//
// A method Prefix() string on *T says how variables begin that are T's alone: one that is set and no field of T is
// refused, since somebody misspelled it.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Problem is one setting that is wrong.
type Problem struct {
	Variable string // the environment variable's name
	Reason   string // what is wrong, and what to set
}

// Error returns the problem on one line.
func (p Problem) Error() string { return p.Variable + ": " + p.Reason }

// Invalid says what is wrong with a setting, for a Validate method. setting points to the field of the struct
// that is being validated; the variable's name is found by it.
func Invalid(setting any, format string, args ...any) error {
	return invalid{setting: setting, reason: fmt.Sprintf(format, args...)}
}

type invalid struct {
	setting any
	reason  string
}

func (i invalid) Error() string { return i.reason }

// Error is everything that is wrong with an environment, in the order of the struct's fields.
type Error struct{ Problems []Problem }

// Error returns a line for each problem.
func (e *Error) Error() string {
	lines := []string{"the configuration is wrong:"}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.Error())
	}
	return strings.Join(lines, "\n")
}

// Load reads environ (entries "NAME=value", as os.Environ returns; of several with one name the last one
// counts) into a T, a struct as the package's documentation describes. The error is an *Error. Load panics
// where T is not such a struct.
func Load[T any](environ []string) (T, error) {
	var t T
	preset(&t)
	fields := fieldsOf(reflect.ValueOf(&t).Elem(), "")
	set := toMap(environ)

	var found Error
	for _, f := range fields {
		if reason := f.read(set[f.variable]); reason != "" {
			found.add(Problem{Variable: f.variable, Reason: reason})
		}
	}
	for _, p := range unknown(&t, fields, set) {
		found.add(p)
	}
	for _, v := range validators(reflect.ValueOf(&t)) {
		for _, err := range flatten(v.Validate()) {
			found.add(explain(fields, err))
		}
	}
	if len(found.Problems) == 0 {
		return t, nil
	}
	slices.SortStableFunc(found.Problems, func(a, b Problem) int {
		return cmp.Compare(position(fields, a.Variable), position(fields, b.Variable))
	})
	return t, &found
}

// unknown returns the variables that are set and begin with t's own prefix, but are none of fields. It does not repeat their
// values, which may be secrets.
func unknown(t any, fields []field, set map[string]string) []Problem {
	p, ok := t.(interface{ Prefix() string })
	if !ok {
		return nil
	}
	var known []string
	for _, f := range fields {
		if strings.HasPrefix(f.variable, p.Prefix()) {
			known = append(known, f.variable)
		}
	}
	var found []Problem
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if strings.HasPrefix(name, p.Prefix()) && set[name] != "" && !slices.Contains(known, name) && !fromService.MatchString(name) {
			found = append(found, Problem{Variable: name, Reason: "is no setting; known are " + strings.Join(known, ", ")})
		}
	}
	return found
}

// fromService are the variables that Kubernetes and Docker set for each service, by its name: Kubernetes documentation,
// "Service", Environment variables.
var fromService = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)?)$`)

// position returns where variable stands in fields; those that stand nowhere come last.
func position(fields []field, variable string) int {
	i := slices.IndexFunc(fields, func(f field) bool { return f.variable == variable })
	if i < 0 {
		return len(fields)
	}
	return i
}

func preset(t any) {
	if d, ok := t.(interface{ Defaults() }); ok {
		d.Defaults()
	}
}

func toMap(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		m[name] = value
	}
	return m
}

type validator interface{ Validate() error }

// validators returns what checks the struct behind ptr: the structs in it, then itself.
func validators(ptr reflect.Value) []validator {
	var all []validator
	for i := range ptr.Elem().NumField() {
		field := ptr.Elem().Field(i)
		if field.Kind() == reflect.Struct && ptr.Elem().Type().Field(i).IsExported() {
			all = append(all, validators(field.Addr())...)
		}
	}
	if v, ok := ptr.Interface().(validator); ok {
		all = append(all, v)
	}
	return all
}

// add adds p, unless its variable has a problem already: the first problem causes the others. The same Validate may
// run twice, since a struct gets the method of an embedded one.
func (e *Error) add(p Problem) {
	if !slices.ContainsFunc(e.Problems, func(before Problem) bool { return before.Variable == p.Variable }) {
		e.Problems = append(e.Problems, p)
	}
}

func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, flatten(one)...)
		}
		return all
	}
	return []error{err}
}

// explain names the variable that err, which a Validate method returned, is about.
func explain(fields []field, err error) Problem {
	if p, ok := errors.AsType[Problem](err); ok {
		return p
	}
	if wrong, ok := errors.AsType[invalid](err); ok {
		for _, f := range fields {
			if f.value.Addr().Interface() == wrong.setting {
				return Problem{Variable: f.variable, Reason: wrong.reason}
			}
		}
	}
	return Problem{Variable: "environment", Reason: err.Error()}
}
