package policyset

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// ownerKeys are condition keys that say what a request touches, by their beginnings in small letters. Other keys speak of who asks and from
// where (aws:UserAgent, aws:SourceIdentity), or of what is written (s3:RequestObjectTag, s3:x-amz-copy-source): whoever asks may choose
// them, and touch what is another's. AWS's Service Authorization Reference has each service's keys.
var ownerKeys = []string{
	"dynamodb:leadingkeys", "s3:prefix", "s3:existingobjecttag/", "kms:encryptioncontext:", "kms:requestalias", "secretsmanager:secretid",
	"secretsmanager:name", "bedrock-agentcore:actorid",
	"aws:requesttag/", // of what is new: see statement
}

// tellsOwner reports whether a condition key is known to say whose data a request touches.
func tellsOwner(key string) bool {
	key = strings.ToLower(key)
	_, name, _ := strings.Cut(key, ":")
	return strings.HasPrefix(name, "resourcetag/") || slices.ContainsFunc(ownerKeys, func(known string) bool { return strings.HasPrefix(key, known) })
}

// told is the condition key that a statement holds to the tag, and how the owner stands in its value.
func (g *guess) told(c *policy.Clause, at theorem.Place) (key, owner string) {
	for i := range c.Conditions {
		condition := &c.Conditions[i]
		if strings.EqualFold(condition.Key, "aws:PrincipalTag/"+g.tag) && !condition.Negated && len(condition.Values) == 1 {
			if name, is := strings.CutPrefix(condition.Values[0], "${"); is && tellsOwner(strings.TrimSuffix(name, "}")) { // the tag is held to the key
				key, owner = strings.TrimSuffix(name, "}"), "{owner}"
			}
		}
		if condition.Negated || strings.HasPrefix(strings.ToLower(condition.Key), "aws:principal") {
			continue
		}
		for _, value := range condition.Values {
			switch n := strings.Count(value, g.variable()); {
			case n == 0:
			case !tellsOwner(condition.Key):
				g.notef("%s holds %s to the tag: whose data is touched is not taken to be told by it, since it speaks of something else; where it does tell, write it as the \"key\"", at, condition.Key)
			case n == 1 && len(value) >= len(owner):
				key, owner = condition.Key, g.owner(value)
			}
		}
	}
	return key, owner
}
