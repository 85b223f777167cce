package answer

import (
	"net/netip"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// isPublic reports whether p lets in more than fixed callers. "S3 begins by assuming that the policy is public": a statement
// for everybody is not, only if a condition holds one of fixedKeys to fixed values (S3 User Guide, "The meaning of public").
func isPublic(p *policy.Policy) bool {
	return slices.ContainsFunc(p.Clauses(), func(c policy.Clause) bool {
		return c.Effect == policy.Allow && (c.Principals.Everyone || c.Principals.Not) && !slices.ContainsFunc(c.Conditions, isFixed)
	})
}

// fixedKeys are the condition keys, in lower case, that can make a policy one that is not public.
var fixedKeys = []string{
	"aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid", "aws:principalorgid",
	"s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}

// isFixed reports whether c holds a key of fixedKeys to fixed values: not to a wildcard or a variable. Where the key may be absent, or must
// not have the values, anybody gets in.
func isFixed(c policy.ClauseCondition) bool {
	key := strings.ToLower(c.Key)
	if !slices.Contains(fixedKeys, key) || c.Negated || c.IfExists || c.ForAll || strings.HasPrefix(c.Operator, "Null") {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(value string) bool {
		if key == "aws:sourceip" {
			return !isNarrow(value)
		}
		return strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
	})
}

// isNarrow reports whether a range of addresses counts as fixed: at least /8 for IPv4 and /32 for IPv6 ("Before you use ... bucket
// policies with very broad IP ranges").
func isNarrow(value string) bool {
	if _, err := netip.ParseAddr(value); err == nil {
		return true
	}
	prefix, err := netip.ParsePrefix(value)
	return err == nil && (prefix.Addr().Is4() && prefix.Bits() >= 8 || prefix.Addr().Is6() && prefix.Bits() >= 32)
}
