// Package config reads a program's settings from its environment into a struct and checks all of them
// before the program starts; everything that is wrong is reported at once.
//
// A settings struct has one field per variable, with the tags of github.com/caarlos0/env and two more:
//
//	Timeout time.Duration `env:"TIMEOUT,required" envDefault:"5s" help:"how long ..." secret:"true"`
//
// help is what the variable means and what to set it to; secret keeps the value out of errors and of
// Usage. An empty variable counts as one that is not set. A method Defaults on *T presets fields, where a
// default depends on the program; a method Validate() error on *T, or on a struct in it, checks what a
// type alone cannot, and returns Invalid or several of them joined.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Problem is one setting that is wrong.
type Problem struct {
	Variable string // the environment variable's name
	Reason   string // what is wrong, and what to set
}

// Error returns the problem on one line.
func (p Problem) Error() string { return p.Variable + ": " + p.Reason }

// Invalid returns a Problem, for a Validate method.
func Invalid(variable, format string, args ...any) error {
	return Problem{Variable: variable, Reason: fmt.Sprintf(format, args...)}
}

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

type validator interface{ Validate() error }

// Load reads environ (entries "NAME=value", as os.Environ returns; of several with one name the last one
// counts) into a T, a struct as the package's documentation describes. The error is an *Error.
func Load[T any](environ []string) (T, error) {
	var t T
	preset(&t)
	fields := fieldsOf(reflect.ValueOf(&t).Elem())
	set := toMap(environ)

	var found Error
	found.add(fields, env.ParseWithOptions(&t, env.Options{Environment: set}))
	for _, v := range validators(reflect.ValueOf(&t)) {
		found.add(fields, v.Validate())
	}
	found.Problems = append(found.Problems, typos(fields, set)...)
	if len(found.Problems) == 0 {
		return t, nil
	}
	slices.SortStableFunc(found.Problems, func(a, b Problem) int {
		return cmp.Compare(position(fields, a.Variable), position(fields, b.Variable))
	})
	return t, &found
}

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
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" {
			m[name] = value
		} else {
			delete(m, name)
		}
	}
	return m
}

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

// add takes over the problems in err. A variable is reported once: the first problem is the one that
// causes the others, and a struct's Validate may be another's through embedding.
func (e *Error) add(fields []field, err error) {
	for _, one := range flatten(err) {
		p := explain(fields, one)
		seen := false
		for _, before := range e.Problems {
			seen = seen || before.Variable == p.Variable
		}
		if !seen {
			e.Problems = append(e.Problems, p)
		}
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

// explain turns an error of the env library, or of a Validate method, into what the operator needs.
func explain(fields []field, err error) Problem {
	var problem Problem
	var notSet env.VarIsNotSetError
	var parse env.ParseError
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &notSet):
		return Problem{Variable: notSet.Key, Reason: "is required but not set; " + fields[position(fields, notSet.Key)].help}
	case errors.As(err, &parse):
		for _, f := range fields {
			if f.goName == parse.Name {
				return Problem{Variable: f.variable, Reason: f.malformed(parse.Err)}
			}
		}
	}
	return Problem{Variable: "environment", Reason: err.Error()}
}
