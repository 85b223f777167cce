package smt

import "example.com/shiptrack/infra/localaws/policy"

// verdict is what a condition says: yes where it may be true, no where it may be false. Where neither holds, it cannot be decided.
type verdict struct{ yes, no string }

// test is what the values of c say of one value of the request.
func (r *request) test(c *policy.ClauseCondition, value string) verdict {
	var all []match
	var v verdict
	switch c.Operand {
	case policy.Texts:
		for _, t := range c.Texts {
			all = append(all, r.text(value, t))
		}
		m := any(all)
		v = verdict{m.may, not(m.must)}
	case policy.ARNs:
		for _, a := range c.ARNs {
			all = append(all, r.arnValue(value, a))
		}
		m := any(all)
		isARN := inLanguage(value, sequence(word("arn:"), "re.all", word(":"), "re.all", word(":"), "re.all", word(":"), "re.all", word(":"), "re.all"))
		v = verdict{m.may, and(not(m.must), isARN)}
	case policy.Folded:
		for _, t := range c.Texts {
			all = append(all, r.folded(value, t))
		}
		m := any(all)
		v = verdict{m.may, not(m.must)}
	case policy.Truth:
		isTrue, isFalse := inLanguage(value, caselessASCII("true")), inLanguage(value, caselessASCII("false"))
		v = verdict{truth(c, isTrue, isFalse), or(and(isTrue, not(truth(c, yes, no))), and(isFalse, not(truth(c, no, yes))))}
	default:
		r.note("numbers, dates, addresses and bytes (" + c.Operator + " " + c.Key + ") may be any")
		v = verdict{yes, yes}
	}
	if c.Negated {
		return verdict{v.no, v.yes}
	}
	return v
}

// truth says whether what is true or false is among the values of c.
func truth(c *policy.ClauseCondition, isTrue, isFalse string) string {
	out := no
	if c.True {
		out = or(out, isTrue)
	}
	if c.False {
		out = or(out, isFalse)
	}
	return out
}

// folded is StringEqualsIgnoreCase.
func (r *request) folded(value string, t policy.Text) match {
	all, resolved := r.parts(t, "")
	var text string
	for _, p := range all {
		if p.kind != policy.Literal {
			r.note("a variable under StringEqualsIgnoreCase may stand for any text: SMT-LIB has no case of letters")
			return match{resolved, no}
		}
		text += p.text
	}
	return exactly(inLanguage(value, caseless(text)))
}

// condition is what c says of the request, where its key is not vague.
func (r *request) condition(c *policy.ClauseCondition) verdict {
	k := r.key(c.Key)
	gone := not(k.has)
	if c.Null || c.ForAll || c.ForAny {
		empty := and(k.has, not(k.multi), equal(k.values[0], `""`))
		if c.Null {
			isNull := or(gone, empty)
			f := truth(c, isNull, not(isNull))
			return verdict{f, not(f)}
		}
		return r.ofSet(c, k, gone, empty)
	}
	one := r.test(c, k.values[0])
	absent := verdictOf(c.IfExists || c.Negated)
	present := and(k.has, not(k.several()))
	return verdict{or(and(gone, absent.yes), and(present, one.yes)), or(and(gone, absent.no), and(present, one.no))}
}

func verdictOf(is bool) verdict {
	if is {
		return verdict{yes, no}
	}
	return verdict{no, yes}
}

// ofSet is ForAllValues and ForAnyValue. One value that is empty counts as none.
func (r *request) ofSet(c *policy.ClauseCondition, k *key, gone, empty string) verdict {
	all, some := verdict{yes, yes}, verdict{no, no} // what is so of every value, and of one at least
	for i, value := range k.values {
		used, one := yes, r.test(c, value)
		if i > 0 {
			used = k.used[i-1]
		}
		all = verdict{and(all.yes, or(not(used), one.yes)), and(all.no, or(not(used), one.no))}
		some = verdict{or(some.yes, and(used, one.yes)), or(some.no, and(used, one.no))}
	}
	v := verdict{all.yes, some.no}
	if c.ForAny {
		v = verdict{some.yes, all.no}
	}
	absent := verdictOf(c.IfExists || c.ForAll)
	whenEmpty := absent
	if c.ForAny && c.IfExists {
		whenEmpty = verdict{r.test(c, `""`).yes, no}
	}
	present := and(k.has, not(empty))
	return verdict{
		or(and(gone, absent.yes), and(empty, whenEmpty.yes), and(present, v.yes)),
		or(and(gone, absent.no), and(empty, whenEmpty.no), and(present, v.no)),
	}
}

// vague says that c cannot be decided: a key is vague, or a set is used as a variable.
func (r *request) vague(c *policy.Clause) string {
	out := or(r.vagueVariables(resourceTexts(c))...)
	for i := range c.Conditions {
		condition := &c.Conditions[i]
		out = or(out, r.key(condition.Key).vague())
		out = or(append([]string{out}, r.vagueVariables(append(texts(condition.ARNs), condition.Texts...))...)...)
	}
	return out
}

func resourceTexts(c *policy.Clause) []policy.Text { return texts(c.Resources) }

func texts(arns []policy.ARN) []policy.Text {
	var all []policy.Text
	for _, a := range arns {
		all = append(all, a.Segments...)
		if a.Whole != nil {
			all = append(all, *a.Whole)
		}
	}
	return all
}

func (r *request) vagueVariables(texts []policy.Text) []string {
	var all []string
	for _, t := range texts {
		for _, p := range t.Parts {
			if p.Kind == policy.Variable {
				k := r.key(p.Key)
				all = append(all, k.vague(), and(k.has, k.multi))
			}
		}
	}
	return all
}

// names says whether the Action element of c names the request's action.
func (r *request) names(c *policy.Clause) string {
	var all []match
	for _, t := range c.Actions {
		all = append(all, r.text(r.action, lower(t)))
	}
	f := any(all).may // without variables
	if c.NotAction {
		return not(f)
	}
	return f
}

// applies says that c, an Allow, applies to the request.
func (r *request) applies(c *policy.Clause) string {
	covers := yes
	if c.Resources != nil {
		var all []match
		for _, a := range c.Resources {
			all = append(all, r.arn(a))
		}
		m := any(all)
		if covers = m.may; c.NotResource {
			covers = and(not(m.must), r.resolve(c))
		}
	}
	facts := []string{r.names(c), covers, not(r.vague(c))}
	for i := range c.Conditions {
		facts = append(facts, r.condition(&c.Conditions[i]).yes)
	}
	return and(facts...)
}

// resolve says that the variables of c's resources have values.
func (r *request) resolve(c *policy.Clause) string {
	out := yes
	for _, t := range resourceTexts(c) {
		_, resolved := r.parts(t, "")
		out = and(out, resolved)
	}
	return out
}

// evades says that c, a Deny, does not apply to the request.
func (r *request) evades(c *policy.Clause) string {
	ways := []string{not(r.names(c))}
	if c.Resources != nil {
		var all []match
		for _, a := range c.Resources {
			all = append(all, r.arn(a))
		}
		m := any(all)
		misses := not(m.must)
		if c.NotResource {
			misses = m.may
		}
		ways = append(ways, and(misses, not(or(r.vagueVariables(resourceTexts(c))...))))
	}
	var untrue []string
	for i := range c.Conditions {
		untrue = append(untrue, r.condition(&c.Conditions[i]).no)
	}
	return or(append(ways, and(or(untrue...), not(r.vague(c))))...)
}
