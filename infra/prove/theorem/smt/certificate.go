package smt

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// obligation is what one file states.
type obligation struct {
	store    string
	arn      string // none: what the ownership file does not know
	resource int    // its number among all, for the name
	access   *theorem.Access
	number   int      // of access
	actions  []string // of accesses of the resource before it
	earlier  []string // ARNs of resources before it
}

// certificate is a file.
type certificate struct {
	*script
	*obligation
	account string
	roles   []theorem.Role
	owned   *theorem.Ownership
	role    *theorem.Role
	from    policy.Named
	allow   policy.Clause
	mode    string
}

// obligations are those of each Allow statement.
func obligations(owned *theorem.Ownership) []*obligation {
	var all []*obligation
	var earlier []string
	for _, s := range owned.Stores {
		for i := range s.Resources {
			res := &s.Resources[i]
			o := obligation{store: s.Name, arn: res.ARN, resource: len(earlier) + 1, earlier: slices.Clip(earlier)}
			for j := range res.Access {
				next := o
				next.access, next.number = &res.Access[j], j+1
				if o.actions = append(slices.Clip(o.actions), res.Access[j].Actions...); res.Access[j].Owner != "nobody" {
					all = append(all, &next)
				}
			}
			o.access, o.number = &theorem.Access{Owner: "everybody"}, len(res.Access)+1
			all = append(all, &o)
			earlier = append(earlier, res.ARN)
		}
	}
	return append(all, &obligation{store: "unknown", earlier: earlier})
}

// service is the one whose actions o is about; none: any.
func (o *obligation) service() string {
	if o.arn == "" {
		return ""
	}
	return strings.SplitN(o.arn, ":", 6)[2]
}

// concerns reports whether the statement names any action of o's service.
func (o *obligation) concerns(allow *policy.Clause) bool {
	return allow.NotAction || slices.ContainsFunc(allow.Actions, func(t policy.Text) bool {
		service, _, found := strings.Cut(strings.ToLower(t.Source), ":")
		return !found || service == o.service() || o.arn == "" && service != "sts"
	})
}

// text is the file.
func (c *certificate) text(status string) string {
	clauses := c.clauses()
	r := c.request("", clauses)
	c.principal(r, clauses)
	if c.arn != "" {
		c.session(c.role, c.mode)
		r.fix("aws:PrincipalTag/"+c.owned.Tag, map[bool]string{true: yes, false: no}[c.mode != untagged], map[bool]string{true: tenant, false: `""`}[c.mode == tagged])
	}
	c.target(r)
	c.say("The statement applies.")
	c.assert(r.applies(&c.allow))
	c.limits(r)
	if c.arn != "" {
		f := r.crosses(c.access)
		if c.mode != tagged {
			c.say("What it touches is some tenant's, and the session is no tenant's.")
		} else {
			c.say("What it touches is not t's: it names another owner, or none.")
			c.assert(f)
		}
		c.lemmas(c.access)
	}
	return c.written(c.head(), status)
}

// principal says what keys tell of each session of the role.
func (c *certificate) principal(r *request, clauses []policy.Clause) {
	r.fix("aws:PrincipalArn", yes, quote(c.arnOf(c.role)))
	r.fix("aws:username", no, `""`)
	if r.looks(clauses, userID) {
		id := c.declare(r.prefix+userID, "String")
		c.say("The user id is the role's unique id with the session's name.")
		c.assert(inLanguage(id, sequence(word("AROA"), many(characters([]string{between('A', 'Z'), between('0', '9')}, "")), word(":"), many(nameCharacters()))))
		r.fix(userID, yes, id)
	}
}

const userID = "aws:userid"

// written is the file with what was said.
func (c *certificate) written(head []string, status string) string {
	var b strings.Builder
	for _, line := range head {
		b.WriteString(strings.TrimRight("; "+line, " ") + "\n")
	}
	fmt.Fprintf(&b, "(set-logic ALL)\n(set-info :status %s)\n", status)
	for _, line := range slices.Concat(c.declared, c.facts) {
		b.WriteString(line + "\n")
	}
	b.WriteString("(check-sat)\n")
	return b.String()
}

// clauses are all statements that speak of the request.
func (c *certificate) clauses() []policy.Clause {
	var all []policy.Clause
	for _, n := range c.role.Identity {
		all = append(all, n.Policy.Clauses()...)
	}
	if c.role.Boundary != nil {
		all = append(all, c.role.Boundary.Policy.Clauses()...)
	}
	return all
}

// target declares the action and the resource, and says that the obligation is about them.
func (c *certificate) target(r *request) {
	c.say("A request: its action in lower case, since IAM compares actions so, and the six segments of its resource's ARN.")
	r.action = c.declare("action", "String")
	c.assert(not(inLanguage(r.action, sequence("re.all", between('A', 'Z'), "re.all"))))
	for i, segment := range []string{"partition", "service", "region", "account", "part"} {
		r.segments = append(r.segments, c.declare(segment, "String"))
		if i < 4 {
			c.assert(not(contains(segment, quote(":"))))
		}
	}
	r.segments = append([]string{quote("arn")}, r.segments...)
	if c.arn == "" {
		r.star = c.declare("star", "Bool") // of actions that have no resource
		c.say("A resource of the action's own service that is none of the ownership file's, * alone, or any where it does not know the service.")
		c.assert(not(r.does([]string{"sts:*"})))
		unknown, knows := "(str.prefixof "+concat("service", quote(":"))+" "+r.action+")", no
		for _, arn := range c.earlier {
			unknown = and(unknown, not(r.owns(arn)))
			knows = or(knows, r.does([]string{strings.SplitN(arn, ":", 6)[2] + ":*"}))
		}
		c.assert(or(r.star, unknown, not(knows)))
	} else {
		c.say("The resource is %s, and none before it in the ownership file. The action is one of those in question.", c.arn)
		c.assert(and(r.owns(c.arn), r.does([]string{c.service() + ":*"})))
		if c.access.Actions != nil {
			c.assert(r.does(c.access.Actions))
		}
		c.assert(not(r.does(c.actions)))
		for _, arn := range c.earlier {
			c.assert(not(r.owns(arn)))
		}
	}
}

// limits says what the other statements have to say: no Deny applies, and the boundary allows.
func (c *certificate) limits(r *request) {
	c.say("No Deny applies.")
	for _, n := range c.role.Identity {
		c.denies(r, n)
	}
	if c.role.Boundary == nil {
		return
	}
	c.denies(r, *c.role.Boundary)
	c.say("The boundary allows it.")
	var ways []string
	for _, s := range c.role.Boundary.Policy.Clauses() {
		if s.Effect == policy.Allow {
			ways = append(ways, r.applies(&s))
		}
	}
	c.assert(or(ways...))
}

func (c *certificate) denies(r *request, n policy.Named) {
	for _, s := range n.Policy.Clauses() {
		if s.Effect != policy.Allow {
			c.say("%s", place(n, &s))
			c.assert(r.evades(&s))
		}
	}
}

func place(n policy.Named, s *policy.Clause) string {
	return theorem.Place{File: n.Name + ".json", Line: s.At.Line, Column: s.At.Column, Sid: s.Sid}.String()
}

// head says in plain words what the file states.
func (c *certificate) head() []string {
	all := []string{place(c.from, &c.allow), ""}
	if c.arn == "" {
		all = append(all, "It states: the statement lets a request through to a resource that the ownership file does not know.", "unsat: there is none.")
	} else {
		who := map[string]string{tagged: "for a tenant t", untagged: "without a tag", emptied: "whose tag is empty"}[c.mode]
		owner := map[bool]string{true: "whose owner is another than t, or is not told", false: "which is some tenant's"}[c.mode == tagged]
		all = append(all, "It states: there is a session of "+c.role.Name+" "+who+", and a request to "+c.arn+",",
			owner+", which the statement allows and no Deny stops.", "Actions: "+c.does()+". Owner: "+c.owner()+".",
			"unsat: there is none, so no tenants are crossed here. sat: there is one.")
	}
	return append(all, c.noted()...)
}

// noted are the notes for the head.
func (c *certificate) noted() []string {
	if len(c.notes) == 0 {
		return nil
	}
	all := []string{"", "Where it sees more requests than there are, never fewer:"}
	for _, note := range c.notes {
		all = append(all, "- "+note)
	}
	return all
}

func (c *certificate) does() string {
	if c.access.Actions == nil {
		return "all others of " + c.service()
	}
	return strings.Join(c.access.Actions, ", ")
}

func (c *certificate) owner() string {
	if c.access.Key != "" {
		return c.access.Owner + " of " + c.access.Key
	}
	return c.access.Owner
}
