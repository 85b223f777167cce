package theorem

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// crosses says, of the ownership file alone, in which store r touches data of another than tenant. A request that its service would not
// take touches nothing.
func (w *world) crosses(r *policy.Request, tenant string) (store string, crosses bool) {
	for _, s := range w.owned.Stores {
		for _, res := range s.Resources {
			if !naiveARN(res.ARN, r.Resource) {
				continue
			}
			if service, _, _ := strings.Cut(r.Action, ":"); !strings.EqualFold(service, strings.Split(res.ARN, ":")[2]) {
				return "", false
			}
			for _, a := range res.Access {
				if slices.ContainsFunc(a.Actions, func(name string) bool { return naive(strings.ToLower(name), strings.ToLower(r.Action)) }) {
					return s.Name, touches(&a, r, tenant)
				}
			}
			return s.Name, true
		}
	}
	return unknownStore, true
}

func touches(a *Access, r *policy.Request, tenant string) bool {
	switch {
	case a.Owner == nobody:
		return false
	case a.Owner == everybody:
		return true
	case a.Key == "":
		return !onlyOwner(a, r.Resource, tenant)
	}
	var named []string
	r.Context.Each(func(key string, values []string, _ bool) {
		if strings.EqualFold(key, a.Key) {
			named = values
		}
	})
	if a.Always && (len(named) == 0 || slices.Contains(named, "")) {
		return false // the service takes no such request
	}
	return len(named) == 0 || slices.ContainsFunc(named, func(value string) bool { return !onlyOwner(a, value, tenant) })
}

// onlyOwner reports whether text names tenant, in the one way or the several ways in which it can be read.
func onlyOwner(a *Access, text, tenant string) bool {
	before, after, _ := strings.Cut(a.Owner, hole)
	none := ""
	if a.Delimiters != nil {
		none = *a.Delimiters
	} else if after != "" && after[0] != '*' && after[0] != '?' {
		none = after[:1]
	}
	found := false
	for i := range len(text) {
		for j := i + 1; j <= len(text); j++ {
			if strings.ContainsAny(text[i:j], none) || !naiveEither(a.Key == "", before, text[:i]) || !naive(after, text[j:]) {
				continue
			}
			if found = true; text[i:j] != tenant || tenant == "" {
				return false
			}
		}
	}
	return found
}

func naiveEither(arn bool, pattern, text string) bool {
	if arn {
		return naiveARN(pattern, text)
	}
	return naive(pattern, text)
}

// naiveARN matches segment by segment; the last one may have colons.
func naiveARN(pattern, text string) bool {
	p, s := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(p) != len(s) {
		return false
	}
	for i := range p {
		if !naive(p[i], s[i]) {
			return false
		}
	}
	return true
}

// naive matches a pattern by the definition.
func naive(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return naive(pattern[1:], text) || text != "" && naive(pattern, text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && naive(pattern[1:], text[1:])
}
