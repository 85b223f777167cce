package policy

import (
	"errors"
	"fmt"
	"strings"
)

// arnColons is how many colons stand before an ARN's resource part.
const arnColons = 5

// arnPattern matches ARNs segment by segment, so that a wildcard never matches across a colon into the next
// segment; the resource part may itself hold colons. IAM User Guide, "IAM JSON policy elements: Resource"
// ("within ARN segments") and "Amazon Resource Name (ARN) condition operators" ("each of the six
// colon-delimited components of the ARN is checked separately").
type arnPattern struct {
	source   string
	any      bool      // "*"
	never    bool      // has a variable before the resource part
	atOnce   bool      // whole decides: a single variable, or an ARN whose first five segments are literal
	whole    pattern   // all of it, where atOnce is set
	segments []pattern // the first five segments; none where a single variable stands for all
	resource pattern   // after the fifth colon
}

// compileResource compiles an entry of Resource or NotResource. Where early is set, the Region and the account may be a variable: the entry
// then matches nothing.
func compileResource(text string, variables, early bool) (arnPattern, error) {
	if text == "*" {
		return arnPattern{source: text, any: true}, nil
	}
	p, segments, err := compileARN(text, syntax{wildcards: true, variables: variables})
	if err != nil {
		return p, err
	}
	for i, name := range []string{"", "partition", "service", "Region", "account"} {
		if i == 0 || isARNSegment(segments[i], i != 2) {
			continue
		}
		if p.never = early && i > 2 && p.segments[i].isVariable(); !p.never {
			return p, fmt.Errorf("resource %q has the %s %q", text, name, segments[i])
		}
	}
	// AWS's own AmazonDevOpsGuruOrganizationsAccess has arn:aws:organizations::*: with nothing behind it.
	if segments[1] == "" || segments[2] == "" || segments[arnColons] == "" && segments[2] != "organizations" {
		return p, fmt.Errorf("resource %q lacks its partition, service or resource part", text)
	}
	return p, nil
}

// compileARN compiles a text that has to be an ARN; segments are its six segments.
func compileARN(text string, syn syntax) (p arnPattern, segments []string, err error) {
	segments = splitARN(text, syn.variables)
	if len(segments) != arnColons+1 || segments[0] != "arn" {
		return p, nil, fmt.Errorf("%q is no ARN: it must have the form arn:partition:service:region:account:resource, or be *", text)
	}
	p.source, p.atOnce = text, true
	for _, segment := range segments {
		compiled, err := compilePattern(segment, syn)
		if err != nil {
			return p, nil, err
		}
		p.segments = append(p.segments, compiled)
	}
	p.resource, p.segments = p.segments[arnColons], p.segments[:arnColons]
	for i := range p.segments {
		p.atOnce = p.atOnce && p.segments[i].literal
	}
	if p.atOnce {
		p.whole, err = compilePattern(text, syn)
	}
	return p, segments, err
}

// compileARNValue compiles a value of an Arn* operator.
func compileARNValue(text string, syn syntax) (arnPattern, error) {
	if text == "*" {
		return arnPattern{source: text, any: true}, nil
	}
	if whole, err := compilePattern(text, syn); err != nil {
		return arnPattern{}, err
	} else if whole.isVariable() {
		return arnPattern{source: text, atOnce: true, whole: whole}, nil
	}
	p, _, err := compileARN(text, syn)
	return p, err
}

// splitARN splits text at its first five colons; a colon within a variable does not count.
func splitARN(text string, variables bool) []string {
	var segments []string
	start := 0
	for i := 0; i < len(text) && len(segments) < arnColons; i++ {
		if variables && strings.HasPrefix(text[i:], "${") {
			if end := strings.IndexByte(text[i:], '}'); end > 0 {
				i += end
			}
		} else if text[i] == ':' {
			segments = append(segments, text[start:i])
			start = i + 1
		}
	}
	return append(segments, text[start:])
}

// isARNSegment refuses variables before the fifth colon (IAM User Guide, "Where you can use policy
// variables"), placeholders that nobody replaced, and wildcards in the service segment ("Using wildcards
// in resource ARNs").
func isARNSegment(segment string, wildcards bool) bool {
	for _, r := range segment {
		if !isAlphanumeric(r) && r != '-' && (!wildcards || r != '*' && r != '?') {
			return false
		}
	}
	return true
}

func (p *arnPattern) match(s string, ctx *Context) bool {
	switch {
	case p.never:
		return false
	case p.any:
		return true
	case p.atOnce:
		return p.whole.match(s, ctx)
	}
	for i := range p.segments {
		segment, rest, ok := strings.Cut(s, ":")
		if !ok || !p.segments[i].match(segment, ctx) {
			return false
		}
		s = rest
	}
	return p.resource.match(s, ctx)
}

// patterns calls f for each pattern of p that may hold variables.
func (p *arnPattern) patterns(f func(*pattern)) {
	if p.atOnce {
		f(&p.whole)
		return
	}
	for i := range p.segments {
		f(&p.segments[i])
	}
	f(&p.resource)
}

// resolves reports whether every variable of a resource, which has them after the fifth colon only, has
// a value.
func (p *arnPattern) resolves(ctx *Context) bool {
	return !p.resource.variables || p.resource.resolves(ctx)
}

// arnSegment returns segment n, from 0, of an ARN without variables; "" where there is none.
func arnSegment(s string, n int) string {
	at, start := 0, 0
	for i := 0; i < len(s) && at < arnColons; i++ {
		if s[i] != ':' {
			continue
		}
		if at == n {
			return s[start:i]
		}
		at, start = at+1, i+1
	}
	if at < n {
		return ""
	}
	return s[start:]
}

// isARN reports whether a value of a request has an ARN's six segments.
func isARN(s string) bool {
	return strings.HasPrefix(s, "arn:") && strings.Count(s, ":") >= arnColons
}

var errPrefix = errors.New(`must be "*", or a service prefix without wildcards and a name, such as dynamodb:GetItem`)

// compileAction compiles an entry of Action or NotAction. IAM: "Actions/Conditions must be prefaced by a
// vendor, e.g., iam, sdb, ec2, etc."
func compileAction(text string) (pattern, error) {
	if text != "*" {
		service, name, ok := strings.Cut(text, ":")
		if !ok || service == "" || name == "" || !isARNSegment(service, false) {
			return pattern{}, errPrefix
		}
		for _, r := range name {
			if !isAlphanumeric(r) && !strings.ContainsRune("*?-_.", r) {
				return pattern{}, fmt.Errorf("has the character %q", r)
			}
		}
	}
	return compilePattern(text, syntax{wildcards: true})
}
