package smt

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

const hole = "{owner}"

// template reads a text of the ownership file: wildcards, and the hole for the owner, which is a variable.
func template(text string) []part {
	var all []part
	for text != "" {
		n := 1
		switch {
		case strings.HasPrefix(text, hole):
			n = len(hole)
			all = append(all, part{kind: policy.Variable, value: "owner", key: hole})
		case text[0] == '*':
			all = append(all, part{kind: policy.Many})
		case text[0] == '?':
			all = append(all, part{kind: policy.One})
		default:
			if n = strings.IndexAny(text[1:], "*?{") + 1; n == 0 {
				n = len(text)
			}
			all = append(all, part{text: text[:n], value: quote(text[:n])})
		}
		text = text[n:]
	}
	return all
}

// owns says that the resource is one of those that an ARN of the ownership file describes.
func (r *request) owns(arn string) string {
	f := not(r.star)
	for i, segment := range strings.SplitN(arn, ":", 6) {
		f = and(f, r.shape(r.segments[i], template(segment)).may)
	}
	return f
}

// does says that the request's action is one of those named.
func (r *request) does(actions []string) string {
	var ways []string
	for _, action := range actions {
		ways = append(ways, r.shape(r.action, template(strings.ToLower(action))).may)
	}
	return or(ways...)
}

// delimiters are the characters that no owner has.
func delimiters(a *theorem.Access) string {
	if a.Delimiters != nil {
		return *a.Delimiters
	}
	_, behind, _ := strings.Cut(a.Owner, hole)
	if behind == "" || behind[0] == '*' || behind[0] == '?' {
		return ""
	}
	return string([]rune(behind)[:1])
}

// crosses says that what the request touches is not t's: it names another owner, or none. Of several values of a key, the first does.
func (r *request) crosses(a *theorem.Access) string {
	if !strings.Contains(a.Owner, hole) {
		return yes // everybody
	}
	if a.Key == "" {
		told, untold := yes, no
		for i, segment := range strings.SplitN(a.Owner, ":", 6) {
			t, u := r.named(r.segments[i], segment, a)
			told, untold = and(told, t), or(untold, u)
		}
		return or(told, untold)
	}
	k := r.key(a.Key)
	told, untold := r.named(k.values[0], a.Owner, a)
	crossing := and(k.has, or(told, untold))
	if a.Always {
		r.say("A request for these actions has %s, says the ownership file, and no value is empty.", a.Key)
		r.assert(and(k.has, not(equal(k.values[0], `""`))))
		for i, used := range k.used {
			r.assert(or(not(used), not(equal(k.values[i+1], `""`))))
		}
		return crossing
	}
	return or(crossing, not(k.has))
}

// named says when a text of the request names another owner than t, and when it names none.
func (r *request) named(term, text string, a *theorem.Access) (told, untold string) {
	all := template(text)
	if !strings.Contains(text, hole) {
		told = r.shape(term, all).must
		return told, not(told)
	}
	untold = not(described(term, all, a))
	r.declare("owner", "String")
	facts := []string{not(equal("owner", `""`)), not(equal("owner", tenant)), r.shape(term, all).may}
	for _, d := range delimiters(a) {
		facts = append(facts, not(contains("owner", quote(string(d)))))
	}
	r.begins(term, all)
	return and(facts...), untold
}

// described says that a text names an owner.
func described(term string, all []part, a *theorem.Access) string {
	var languages []string
	for _, p := range all {
		if p.key == hole {
			languages = append(languages, "(re.+ "+without(delimiters(a))+")")
		} else {
			languages = append(languages, p.language())
		}
	}
	return inLanguage(term, sequence(languages...))
}

// lemmas are facts about texts that hold anyway, for solvers that do not find them. One is the statement of first-delimiter.smt2: where w is
// p, then x, then d, and x is without the character d, x is what stands in w between p and the first d behind it. The other says what the
// ownership file says of a text: p, then a text that is not empty and has no delimiter, then what is behind the owner, names an owner.
func (c *certificate) lemmas(a *theorem.Access) {
	at := slices.IndexFunc(c.uses, func(u use) bool { return u.key == hole })
	if at < 0 {
		return
	}
	owner := c.uses[at]
	var first, names []string
	for _, u := range c.uses {
		if u.term != owner.term || u.before != owner.before {
			continue
		}
		first = append(first, c.first(a, u))
		if u.key != hole {
			names = append(names, c.names(a, owner, u))
		}
	}
	if f := and(first...); f != yes {
		c.say("A lemma that helps z3, and adds nothing: the first delimiter ends the piece before it. See first-delimiter.smt2.")
		c.assert(f)
	}
	if f := and(names...); f != yes {
		c.say("A lemma that helps, and adds nothing: a text with t in the owner's place names an owner.")
		c.assert(f)
	}
}

// first is an instance of the lemma of first-delimiter.smt2 for a text of a policy.
func (c *certificate) first(a *theorem.Access, u use) string {
	none := delimiters(a)
	end := strings.IndexAny(u.behind, none)
	if none == "" || end < 0 {
		return yes
	}
	d, x, start := quote(u.behind[end:end+1]), u.value, quote(u.before)
	if end > 0 {
		x = concat(x, quote(u.behind[:end]))
	}
	length := "(str.len " + start + ")"
	found := "(str.substr " + u.term + " " + length + " (- (str.indexof " + u.term + " " + d + " " + length + ") " + length + "))"
	return "(=> " + and("(str.prefixof "+concat(start, x, d)+" "+u.term+")", not(contains(u.value, d))) + " " + equal(x, found) + ")"
}

// names says that u's text names an owner where its variable can be one.
func (c *certificate) names(a *theorem.Access, owner, u use) string {
	all := owner.template
	if n := len(all) - 1; all[n].kind != policy.Many || slices.ContainsFunc(all[:n], part.wild) {
		return yes
	}
	facts := []string{"(str.prefixof " + concat(quote(u.before), u.value, quote(owner.behind)) + " " + u.term + ")", not(equal(u.value, `""`))}
	for _, d := range delimiters(a) {
		facts = append(facts, not(contains(u.value, quote(string(d)))))
	}
	return "(=> " + and(facts...) + " " + described(u.term, all, a) + ")"
}

// lemma states the fact of which lemmas has instances, as a certificate of its own.
const lemma = `; A text w is p, then x, then a character d, then r, and x is without d. Is x ever another text than what stands in w between p and
; the first d behind it? unsat: never. So the first delimiter behind an owner ends it. Other certificates have instances of this.
(set-logic ALL)
(set-info :status unsat)
(declare-const p String)
(declare-const x String)
(declare-const d String)
(declare-const r String)
(define-fun w () String (str.++ p x d r))
(assert (= (str.len d) 1))
(assert (not (str.contains x d)))
(assert (not (= x (str.substr w (str.len p) (- (str.indexof w d (str.len p)) (str.len p))))))
(check-sat)
`
