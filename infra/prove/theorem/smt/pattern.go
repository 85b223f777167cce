package smt

import (
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// match says when a text is what a pattern describes. Both formulas are the same where SMT-LIB can say it; else may is true at least
// where the text matches, and must at most there.
type match struct{ may, must string }

func exactly(f string) match { return match{f, f} }

// any is a match with one of all.
func any(all []match) match {
	out := match{no, no}
	for _, m := range all {
		out = match{or(out.may, m.may), or(out.must, m.must)}
	}
	return out
}

// part is a part of a pattern. Of a variable, value is its term.
type part struct {
	kind  policy.PartKind
	text  string // of a literal
	value string // of a literal or a variable
	none  string // the characters that a wildcard does not take
	key   string // of a variable
}

func (p part) wild() bool { return p.kind == policy.One || p.kind == policy.Many }

// language is that of a literal or a wildcard.
func (p part) language() string {
	switch p.kind {
	case policy.One:
		return without(p.none)
	case policy.Many:
		if p.none == "" {
			return "re.all"
		}
		return many(without(p.none))
	}
	return word(p.text)
}

// parts reads the parts of a policy's text; resolved says when all its variables have a value, which matching requires.
func (r *request) parts(text policy.Text, none string) (all []part, resolved string) {
	resolved = yes
	for _, p := range text.Parts {
		out := part{kind: p.Kind, text: p.Text, none: none}
		switch p.Kind {
		case policy.Literal:
			out.value = quote(p.Text)
		case policy.Variable:
			k := r.key(p.Key)
			out.key, out.value = k.folded, k.values[0]
			if p.Fallback {
				out.value = "(ite " + k.valued() + " " + k.values[0] + " " + quote(p.Text) + ")"
			} else {
				resolved = and(resolved, k.valued())
			}
		}
		all = append(all, out)
	}
	return all, resolved
}

// text says when the term is what a policy's text describes.
func (r *request) text(term string, text policy.Text) match {
	all, resolved := r.parts(text, "")
	return r.matches(term, all, resolved)
}

func (r *request) matches(term string, all []part, resolved string) match {
	m := r.shape(term, all)
	r.begins(term, all)
	return match{and(resolved, m.may), and(resolved, m.must)}
}

// shape is matches where all variables have values.
func (r *request) shape(term string, all []part) match {
	first, last := len(all), -1 // wildcards
	variables := false
	for i, p := range all {
		if p.wild() {
			first, last = min(first, i), i
		}
		variables = variables || p.kind == policy.Variable
	}
	if last < 0 {
		return exactly(equal(term, values(all)))
	}
	before, after := all[:first], all[last+1:]
	plain := all[first].kind == policy.Many && all[last].kind == policy.Many && all[first].none == ""
	switch {
	case plain && first == last && len(all) == 1:
		return exactly(yes)
	case plain && first == last && len(after) == 0:
		return exactly("(str.prefixof " + values(before) + " " + term + ")")
	case plain && first == last && len(before) == 0:
		return exactly("(str.suffixof " + values(after) + " " + term + ")")
	case plain && last == first+2 && len(before)+len(after) == 0:
		return exactly(contains(term, all[first+1].value))
	case !variables:
		return exactly(inLanguage(term, languages(all)))
	}
	return match{r.split(term, all), r.remainder(term, before, all[first:])}
}

// split says that there are texts for the wildcards.
func (r *request) split(term string, all []part) string {
	var terms, facts []string
	for _, p := range all {
		if p.wild() {
			p.value = r.fresh("some text")
			if p.kind == policy.One || p.none != "" {
				facts = append(facts, inLanguage(p.value, p.language()))
			}
		}
		terms = append(terms, p.value)
	}
	return and(append(facts, equal(term, concat(terms...)))...)
}

// remainder says it without new names, so that it can be denied: what stands behind the first wildcard has no variables.
func (r *request) remainder(term string, before, rest []part) string {
	for _, p := range rest {
		if p.kind == policy.Variable {
			r.note("a text with a variable behind a wildcard is taken to match where that lets more through, since a match cannot be excluded")
			return no
		}
	}
	start := values(before)
	behind := "(str.substr " + term + " (str.len " + start + ") (str.len " + term + "))"
	return and("(str.prefixof "+start+" "+term+")", inLanguage(behind, languages(rest)))
}

func values(all []part) string {
	var terms []string
	for _, p := range all {
		terms = append(terms, p.value)
	}
	return concat(terms...)
}

func languages(all []part) string {
	var out []string
	for _, p := range all {
		out = append(out, p.language())
	}
	return sequence(out...)
}

// arn says when the request's resource is what an ARN of a policy describes.
func (r *request) arn(a policy.ARN) match {
	switch {
	case a.Never:
		return exactly(no)
	case a.Any:
		return exactly(yes)
	}
	m := exactly(not(r.star))
	for i, segment := range a.Segments {
		s := r.text(r.segments[i], segment)
		m = match{and(m.may, s.may), and(m.must, s.must)}
	}
	return m
}

// arnValue says when the value of a condition key is what an ARN of a policy describes: its first five segments have no colon.
func (r *request) arnValue(term string, a policy.ARN) match {
	switch {
	case a.Never:
		return exactly(no)
	case a.Any:
		return exactly(yes)
	case a.Whole != nil:
		return r.text(term, *a.Whole)
	}
	var all []part
	resolved := yes
	for i, segment := range a.Segments {
		none := ":"
		if i > 0 {
			all = append(all, part{text: ":", value: quote(":")})
		}
		if i == len(a.Segments)-1 {
			none = ""
		}
		more, has := r.parts(segment, none)
		all, resolved = append(all, more...), and(resolved, has)
	}
	return r.matches(term, all, resolved)
}

// lower is a text in lower case: so actions are compared, since IAM compares them without regard to case.
func lower(t policy.Text) policy.Text {
	out := policy.Text{Source: t.Source}
	for _, p := range t.Parts {
		p.Text = strings.ToLower(p.Text)
		out.Parts = append(out.Parts, p)
	}
	return out
}
