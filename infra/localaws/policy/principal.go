package policy

import (
	"fmt"
	"strings"
)

// grant says how much a statement of a trust policy grants a caller that it names. IAM User Guide, "Policy
// evaluation logic" (determining whether a request is allowed or denied within an account) and "AWS JSON
// policy elements: Principal".
type grant uint8

const (
	notNamed grant = iota
	// delegated: the account is named; the caller's own policies must allow as well.
	delegated
	// roleGranted: the caller's role is named; an implicit deny in its permissions boundary or session
	// policies still limits it.
	roleGranted
	// direct: the session itself, or everyone, or the AWS service is named; only an explicit Deny limits it.
	direct
)

// principals is a compiled Principal element. Federated principals never match: no caller is one.
type principals struct {
	not      bool     // NotPrincipal: everybody else, of a Deny
	everyone bool     // {"AWS": "*"}
	accounts []string // twelve digits
	names    []principalName
	services []string
	source   []string // as written, for Explain
}

// principalName is a role, a session or a user.
type principalName struct {
	text string // as written: an ARN or a unique id
	byID bool   // matches by id alone
	id   string // the unique id that is written, or to which the ARN is bound (Policy.Bind)
}

// compilePrincipals compiles the members of a trust policy's Principal element.
func compilePrincipals(members []member) (principals, error) {
	var p principals
	for _, m := range members {
		for _, w := range m.values {
			value, at := w.text, w.at
			var err error
			switch m.name.text {
			case "AWS":
				err = p.addAWS(value)
			case "Service":
				p.services = append(p.services, value)
				if !isService(value) {
					err = fmt.Errorf("service principal %q is not of the form name.amazonaws.com", value)
				}
			case "Federated":
				if value == "" || strings.ContainsAny(value, "*? ") {
					err = fmt.Errorf("federated principal %q names no provider", value)
				}
			default:
				at, err = m.name.at, fmt.Errorf("unknown kind of principal %q", m.name.text)
			}
			if err != nil {
				return p, place(at, err)
			}
			p.source = append(p.source, value)
		}
	}
	return p, nil
}

// addAWS takes "*", an account's id or root ARN, or the ARN of a role, a session or a user. "You cannot
// use a wildcard to match part of a principal name or ARN."
func (p *principals) addAWS(value string) error {
	if value == "*" {
		p.everyone = true
		return nil
	}
	if isAccount(value) {
		p.accounts = append(p.accounts, value)
		return nil
	}
	if IsUniqueID(value) {
		p.names = append(p.names, newPrincipalName(value))
		return nil
	}
	segments := splitARN(value, false)
	if len(segments) != arnColons+1 || segments[0] != "arn" || !isARNSegment(segments[1], false) ||
		segments[1] == "" || segments[3] != "" || !isAccount(segments[4]) || strings.ContainsAny(value, "*?$ ") {
		return fmt.Errorf("principal %q is neither an account nor the ARN of one, of a role, a session or a user", value)
	}
	kind, name, _ := strings.Cut(segments[5], "/")
	switch service := segments[2]; {
	case service == "iam" && segments[5] == "root":
		p.accounts = append(p.accounts, segments[4])
	case name == "":
		return fmt.Errorf("principal %q has no name of a role, session or user", value)
	case service == "iam" && (kind == "role" || kind == "user"), service == "sts" && kind == "federated-user",
		service == "sts" && kind == "assumed-role" && strings.Contains(name, "/"):
		p.names = append(p.names, newPrincipalName(value))
	default:
		return fmt.Errorf("principal %q is neither a role, a session nor a user", value)
	}
	return nil
}

func isAccount(s string) bool { return len(s) == 12 && isDigits(s) }

func isService(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || !isARNSegment(label, false) {
			return false
		}
	}
	return strings.Contains(s, ".")
}

// allows returns how far an Allow goes for caller. {"AWS": "*"} is not read as naming the AWS services.
func (p *principals) allows(caller *Caller) grant {
	if caller.Service != "" {
		return grantIf(contains(p.services, caller.Service), direct)
	}
	switch {
	case caller.ARN == "":
		return notNamed
	case p.everyone:
		// "For IAM users and role principals within your account, no other permissions are required."
		return direct
	case p.name(caller.ARN, caller.ID):
		return direct
	case p.name(caller.RoleARN, caller.RoleID):
		return roleGranted
	}
	return grantIf(contains(p.accounts, caller.Account), delegated)
}

// denies reports whether a Deny names caller; everyone includes root and the AWS services.
func (p *principals) denies(caller *Caller) bool {
	if p.not {
		return !p.spares(caller)
	}
	return p.named(caller)
}

// spares reports whether a NotPrincipal keeps its Deny from caller. It "will always deny any IAM principal that has a
// permissions boundary". "You must also specify the account ARN of the non-denied principal": AWS may look at the account first, then at the
// user or the role, then at the role's session; so each of them must be listed (IAM User Guide, "NotPrincipal").
func (p *principals) spares(caller *Caller) bool {
	switch {
	case caller.Service != "":
		return p.everyone || contains(p.services, caller.Service)
	case caller.Bounded:
		return false
	case p.everyone:
		return true
	case !contains(p.accounts, caller.Account):
		return false
	case caller.isRoot():
		return true
	}
	return p.name(caller.ARN, caller.ID) && (caller.RoleARN == "" || p.name(caller.RoleARN, caller.RoleID))
}

func (p *principals) named(caller *Caller) bool {
	if p.everyone {
		return true
	}
	if caller.Service != "" {
		return contains(p.services, caller.Service)
	}
	return p.name(caller.ARN, caller.ID) || p.name(caller.RoleARN, caller.RoleID) || contains(p.accounts, caller.Account)
}

func (c *Caller) isRoot() bool {
	return strings.HasSuffix(c.ARN, ":root") && arnSegment(c.ARN, 2) == "iam" && arnSegment(c.ARN, arnColons) == "root"
}

// sharesAccount reports whether c and the role belong to one account.
func (c *Caller) sharesAccount(role string) bool {
	return c.Account != "" && arnSegment(role, 4) == c.Account
}

func grantIf(named bool, g grant) grant {
	if named {
		return g
	}
	return notNamed
}

// contains reports whether list has s; a caller's empty field is never named.
func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s && s != "" {
			return true
		}
	}
	return false
}
