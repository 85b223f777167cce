package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// field is one variable of a settings struct.
type field struct {
	variable string
	value    reflect.Value // of the field in the struct
	standard string        // the tag's default; empty: none
	required bool
	secret   bool
	help     string
}

// fieldsOf returns the fields of the settings struct v, whose variables' names begin with prefix.
func fieldsOf(v reflect.Value, prefix string) []field {
	var all []field
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		tag, isSetting := f.Tag.Lookup("env")
		switch holdsMore := !isSetting && value.Kind() == reflect.Struct; {
		case !f.IsExported() && (isSetting || holdsMore && f.Anonymous):
			panic(fmt.Sprintf("config: the field %s of %s must be exported", f.Name, v.Type()))
		case isSetting && !isReadable(value):
			panic(fmt.Sprintf("config: the field %s of %s is of a type that Load does not know", f.Name, v.Type()))
		case holdsMore && f.IsExported():
			all = append(all, fieldsOf(value, prefix+f.Tag.Get("envPrefix"))...)
		case isSetting:
			name, option, _ := strings.Cut(tag, ",")
			if option != "" && option != "required" {
				panic(fmt.Sprintf("config: the field %s of %s has the unknown option %q", f.Name, v.Type(), option))
			}
			all = append(all, field{
				variable: prefix + name, value: value, standard: f.Tag.Get("envDefault"), required: option == "required",
				secret: f.Tag.Get("secret") == "true", help: f.Tag.Get("help"),
			})
		}
	}
	return all
}

func isReadable(value reflect.Value) bool {
	switch value.Addr().Interface().(type) {
	case *string, *bool, encoding.TextUnmarshaler:
		return true
	}
	return value.CanInt()
}

// read sets the field to text, or to its default where text is empty. It returns what is wrong, empty where
// nothing is.
func (f field) read(text string) (reason string) {
	if text == "" && f.required {
		return f.explained("is required but not set")
	}
	if text == "" {
		if text = f.standard; text == "" {
			return "" // what Defaults preset, if anything
		}
	}
	if strings.TrimSpace(text) != text {
		return f.explained("begins or ends with a blank or a line break; remove it")
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return f.explained("holds a control character or is not UTF-8")
	}
	return f.parse(text)
}

// explained returns reason and what the variable means.
func (f field) explained(reason string) string {
	if f.help == "" {
		return reason
	}
	return reason + "; " + f.help
}

// parse sets the field to what text spells.
func (f field) parse(text string) (reason string) {
	var err error
	want := ""
	switch target := f.value.Addr().Interface().(type) {
	case *string:
		*target = text
	case *bool:
		*target, err = strconv.ParseBool(text)
		want = "want true or false"
	case *time.Duration:
		*target, err = time.ParseDuration(text)
		want = "want a duration such as 500ms, 5s or 1h30m"
	case encoding.TextUnmarshaler:
		if err = target.UnmarshalText([]byte(text)); err != nil && !f.secret {
			want = err.Error()
		}
	default:
		var n int64
		n, err = strconv.ParseInt(text, 10, f.value.Type().Bits())
		f.value.SetInt(n)
		want = "want a whole number"
	}
	switch {
	case err == nil:
		return ""
	case want == "":
		return f.explained("cannot be read") // without the cause, which may repeat a secret
	}
	return f.explained(want)
}

// Usage returns a table of the variables that Load[T] reads, for --help: indented, so that kong leaves its
// lines as they are.
func Usage[T any]() string {
	var t T
	preset(&t)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range fieldsOf(reflect.ValueOf(&t).Elem(), "") {
		standard := f.standard
		if standard == "" && !f.value.IsZero() {
			standard = fmt.Sprint(f.value.Interface())
		}
		switch {
		case f.required:
			standard = "(required)"
		case standard == "":
			standard = "(none)"
		case f.secret:
			standard = "(secret)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.variable, standard, f.help)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}
