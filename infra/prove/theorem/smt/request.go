package smt

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// script is a file in the making.
type script struct {
	declared []string // lines
	facts    []string // lines
	notes    []string // where it sees more requests than there are
	count    int
	uses     []use
}

// use is a text of a policy that stands for a term: a beginning without variables, a variable, and what is behind it up to a wildcard.
type use struct {
	term                  string
	before, value, behind string
	key                   string
	template              []part // the whole
}

func (s *script) declare(text, sort string) string {
	symbol := name(text)
	s.declared = append(s.declared, "(declare-const "+symbol+" "+sort+")")
	return symbol
}

func (s *script) fresh(text string) string {
	s.count++
	return s.declare(fmt.Sprintf("%s %d", text, s.count), "String")
}

func (s *script) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

func (s *script) say(format string, args ...interface{}) {
	s.facts = append(s.facts, "; "+fmt.Sprintf(format, args...))
}

func (s *script) assert(f string) {
	for _, one := range operands("and", f) {
		if line := "(assert " + one + ")"; one != yes && !slices.Contains(s.facts, line) {
			s.facts = append(s.facts, line)
		}
	}
}

// request is a request, or one to STS, with its condition keys.
type request struct {
	*script
	prefix   string // of its names
	action   string
	segments []string // of the resource's ARN: six
	star     string   // whether the resource is * alone
	keys     map[string]*key
	set      map[string]int // keys that an operator for sets looks at, with how many do
	granted  []string       // facts of each request to STS
}

// key is a condition key. It has no value, one, or is a set of values.
type key struct {
	name, folded string
	has          string
	multi        string
	values       []string // the first counts where has is true
	used         []string // which others count
	tag          bool
}

// fold is the form of a key's name by which names that IAM holds to be one are equal.
func fold(key string) string { return strings.ToLower(strings.ToUpper(key)) }

func (s *script) request(prefix string, clauses []policy.Clause) *request {
	r := &request{script: s, prefix: prefix, star: no, keys: map[string]*key{}, set: map[string]int{}}
	for i := range clauses {
		for _, c := range clauses[i].Conditions {
			if c.ForAll || c.ForAny {
				r.set[fold(c.Key)]++
			}
		}
	}
	return r
}

// key is the condition key of a name. As a set it has as many values as conditions can ask for: one that crosses, one for each condition
// that some value has to meet, and one that is not empty. More values would only have to meet more. A key that no operator for sets looks
// at has one value: with more, no Allow that looks at it applies, and every Deny does.
func (r *request) key(text string) *key {
	folded := fold(text)
	if k := r.keys[folded]; k != nil {
		return k
	}
	kind, _, slash := strings.Cut(folded, "/")
	k := &key{name: text, folded: folded, multi: no, tag: slash && strings.HasSuffix(kind, "tag")}
	r.keys[folded] = k
	k.has = r.declare(r.prefix+"has "+text, "Bool")
	k.values = []string{r.declare(r.prefix+text, "String")}
	if r.set[folded] == 0 {
		return k
	}
	k.multi = r.declare(r.prefix+text+" is a set", "Bool")
	r.say("%s is one value, or a set: then it may have more.", k.name)
	for i := range r.set[folded] + 1 {
		used := r.declare(fmt.Sprintf("%shas %s, value %d", r.prefix, text, i+2), "Bool")
		k.used = append(k.used, used)
		k.values = append(k.values, r.declare(fmt.Sprintf("%s%s, value %d", r.prefix, text, i+2), "String"))
		r.assert("(=> " + used + " " + and(k.has, k.multi) + ")")
	}
	return k
}

// fix says what a key is, before anything looks at it.
func (r *request) fix(text, has, value string) {
	k := &key{name: text, folded: fold(text), has: has, multi: no, values: []string{value}}
	k.tag = strings.Contains(k.folded, "tag/")
	r.keys[k.folded] = k
}

// vague says that nothing tells whether k counts as present: a tag that is empty, or a set of nothing but empty values.
func (k *key) vague() string {
	if !k.tag && k.multi == no {
		return no
	}
	empty := equal(k.values[0], `""`)
	for i, used := range k.used {
		empty = and(empty, or(not(used), equal(k.values[i+1], `""`)))
	}
	if !k.tag {
		return and(k.has, k.multi, empty)
	}
	return and(k.has, empty)
}

// valued says that a variable of k has a value.
func (k *key) valued() string {
	return and(k.has, not(k.multi), not(equal(k.values[0], `""`)))
}

// several says that k has more than one value.
func (k *key) several() string { return or(k.used...) }

// begins keeps what a text says of the beginning of a term.
func (r *request) begins(term string, all []part) {
	for i, p := range all {
		if p.kind != policy.Variable {
			continue
		}
		u := use{term: term, value: p.value, key: p.key, template: all}
		for _, before := range all[:i] {
			if before.kind != policy.Literal {
				return
			}
			u.before += before.text
		}
		for _, behind := range all[i+1:] {
			if behind.kind != policy.Literal {
				break
			}
			u.behind += behind.text
		}
		r.uses = append(r.uses, u)
		return
	}
}
