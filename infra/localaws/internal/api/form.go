package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Form holds the parameters of one Query request. Reading a parameter removes it. The parameters that are
// left at the end (Unread) are unknown to the operation: CheckRead refuses them. A Form is not safe for concurrent use.
type Form struct{ values map[string]string }

// maxParameters is far above what any operation takes: two bytes of text can be a parameter, which takes a hundred.
const maxParameters = 4096

// ParseForm reads an application/x-www-form-urlencoded text. A parameter that is given twice, bad percent
// encoding, text that is not UTF-8 and more than maxParameters parameters are refused.
func ParseForm(text string) (*Form, error) {
	form := &Form{values: map[string]string{}}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return nil, invalid("A parameter name is not properly encoded.")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, invalid("The value of a parameter is not properly encoded.")
		}
		if _, twice := form.values[name]; twice {
			return nil, invalid("The parameter %q is given more than once.", name)
		}
		if len(form.values) == maxParameters {
			return nil, invalid("The request has more than %d parameters.", maxParameters)
		}
		form.values[name] = value
	}
	return form, nil
}

// Take returns a parameter, and whether it was there.
func (f *Form) Take(name string) (string, bool) {
	value, ok := f.values[name]
	delete(f.values, name)
	return value, ok
}

// Has reports whether a parameter is there and not yet taken.
func (f *Form) Has(name string) bool {
	_, ok := f.values[name]
	return ok
}

// Get returns a parameter, empty where it is absent.
func (f *Form) Get(name string) string {
	value, _ := f.Take(name)
	return value
}

// Each calls read with the prefix of each entry of a list, NAME.member.1, NAME.member.2 and so on, until read has found nothing. It is how each
// list is read. NAME= is an empty list, as SDKs write it. A gap ends the list; the members after it stay unread.
func (f *Form) Each(name string, read func(prefix string) bool) {
	if value, ok := f.values[name]; ok && value == "" {
		delete(f.values, name)
	}
	for i := 1; read(name + ".member." + strconv.Itoa(i)); i++ {
	}
}

// List returns a list of texts.
func (f *Form) List(name string) []string {
	var list []string
	f.Each(name, func(entry string) bool {
		value, ok := f.Take(entry)
		if ok {
			list = append(list, value)
		}
		return ok
	})
	return list
}

// Pair is one entry of a list of structures; a member that was not given is nil.
type Pair struct{ First, Second *string }

// Pairs returns a list of structures of two members: NAME.member.1.FIRST, NAME.member.1.SECOND and so on.
func (f *Form) Pairs(name, first, second string) []Pair {
	var list []Pair
	f.Each(name, func(entry string) bool {
		pair := Pair{First: f.pointer(entry + "." + first), Second: f.pointer(entry + "." + second)}
		if pair == (Pair{}) {
			return false
		}
		list = append(list, pair)
		return true
	})
	return list
}

// Unread returns the names that nobody took, in order.
func (f *Form) Unread() []string {
	names := make([]string, 0, len(f.values))
	for name := range f.values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CheckRead refuses a request with parameters that its operation does not know: AWS may have added one that says how little is to be allowed.
// One without a value says nothing: SDKs write empty lists so. A member of a list is no list: it stands behind a gap.
func (f *Form) CheckRead() error {
	for _, name := range f.Unread() {
		if f.values[name] != "" || strings.Contains(name, ".member.") {
			return invalid("The parameter %q is not recognized: localaws does not do what it asks for, which could allow too much.", name)
		}
	}
	return nil
}

func (f *Form) pointer(name string) *string {
	if value, ok := f.Take(name); ok {
		return &value
	}
	return nil
}

func invalid(format string, args ...any) *Error {
	return Errorf(400, "ValidationError", format, args...)
}
