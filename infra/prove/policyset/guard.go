package policyset

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"example.com/shiptrack/infra/prove/theorem"
)

// Guard is what a refuted statement lacks: one of the guards that infra/docs/ARTICLE-AND-HARDENED.md explains.
type Guard struct {
	Name string `json:"name"`
	Do   string `json:"do"`
	See  string `json:"see,omitzero"` // what to look for on that page: where there is one, the attack that goes through the same hole
}

// guardOf names the guard that is missing.
func guardOf(r *theorem.Refutation, owned *theorem.Ownership) Guard {
	access := accessOf(r, owned)
	tag := "aws:PrincipalTag/" + owned.Tag
	switch {
	case access == nil || access.Owner == "everybody":
		return Guard{"the action names no owner", fmt.Sprintf("take %s out of the statement, or deny it: no condition can hold it to one tenant", r.Request.Action), "Null guards and Deny"}
	case r.Tenant == "":
		return Guard{"a tag on every session", fmt.Sprintf(`let the statement hold what it grants to ${%s}, which no session without the tag has; in the trust policy put StringLike aws:RequestTag/%s "?*" on sts:AssumeRole too`, tag, owned.Tag), "sts/no-tag"}
	case r.Victim == "" && access.Key != "" && len(r.Request.Context[strings.ToLower(access.Key)]) == 0:
		return Guard{"a Null guard", fmt.Sprintf(`add "Null": {"%s": "false"} to the condition: without the key ForAllValues and ...IfExists are true`, access.Key), "Null guards and Deny"}
	case separated(r) != "":
		return Guard{"a tag without delimiters", fmt.Sprintf(`deny in the trust policy what splits a name: StringNotLike aws:RequestTag/%s ["*%s*"]`, owned.Tag, separated(r)), "sts/twin-with-slash"}
	case r.Victim != "" && r.Tenant != "" && strings.HasPrefix(r.Victim, r.Tenant):
		return Guard{"a pattern that ends the tenant's name", fmt.Sprintf("write what follows the name behind ${%s}, such as a slash, or the whole name: no * right behind it", tag), "opensearch/longer-name"}
	}
	return Guard{"the owner is held to the tenant", fmt.Sprintf("let the statement name the owner by ${%s}: in Resource, or in a condition on %s", tag, told(access)), ""}
}

// told is where the owner of an access is told.
func told(a *theorem.Access) string {
	if a.Key == "" {
		return "a key that the ownership file names"
	}
	return a.Key
}

// separated is the character by which the session's own tag, read in parts, holds the name of another tenant; empty: none does.
func separated(r *theorem.Refutation) string {
	at := strings.IndexFunc(r.Tenant, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	if at < 0 || r.Victim != "" && !strings.Contains(r.Tenant, r.Victim) {
		return ""
	}
	return string([]rune(r.Tenant[at:])[:1])
}

// accessOf is what the ownership file says of a refuted request.
func accessOf(r *theorem.Refutation, owned *theorem.Ownership) *theorem.Access {
	for i := range owned.Stores {
		for j := range owned.Stores[i].Resources {
			res := &owned.Stores[i].Resources[j]
			if !like(res.ARN, r.Request.Resource) {
				continue
			}
			for k := range res.Access {
				if slices.ContainsFunc(res.Access[k].Actions, func(name string) bool {
					return like(strings.ToLower(name), strings.ToLower(r.Request.Action))
				}) {
					return &res.Access[k]
				}
			}
			return nil
		}
	}
	return nil
}

// like matches a pattern with * and ?.
func like(pattern, text string) bool {
	if before, after, many := strings.Cut(pattern, "*"); many {
		if len(text) < len(before) || !like(before, text[:len(before)]) {
			return false
		}
		for rest := text[len(before):]; ; rest = rest[1:] {
			if like(after, rest) {
				return true
			}
			if rest == "" {
				return false
			}
		}
	}
	if len(pattern) != len(text) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != text[i] {
			return false
		}
	}
	return true
}
