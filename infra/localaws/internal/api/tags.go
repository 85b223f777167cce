package api

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/identity"
)

// Limits of tags (IAM User Guide, "Tags for IAM resources", "Pass session tags in AWS STS").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// ReadTags reads Tags.member.N.Key and .Value. duplicate is the code for a key that is given twice or is
// reserved: STS and IAM have different ones.
func ReadTags(f *Form, duplicate string) ([]identity.Tag, error) {
	pairs := f.Pairs("Tags", "Key", "Value")
	if len(pairs) > maxTags {
		return nil, constraintf("tags", "Member must have length less than or equal to %d", maxTags)
	}
	tags := make([]identity.Tag, 0, len(pairs))
	for i, pair := range pairs {
		if pair.First == nil || pair.Second == nil {
			return nil, constraintf("tags", "Member %d must have a key and a value", i+1)
		}
		tag := identity.Tag{Key: *pair.First, Value: *pair.Second}
		if err := checkTag(tag); err != nil {
			return nil, err
		}
		if IsReservedTag(tag.Key) {
			return nil, Errorf(400, duplicate, "Tag keys that start with 'aws:' are reserved for system use.")
		}
		if identity.FindTag(tags, tag.Key) >= 0 {
			return nil, Errorf(400, duplicate, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// IsReservedTag reports whether a tag's key begins with "aws:", and so is AWS's own. It folds as policies do: one that looks at
// aws:PrincipalTag/aws:team also sees the tag whose s is another letter of the same folding, such as U+017F.
func IsReservedTag(key string) bool {
	prefix, _, found := strings.Cut(key, ":")
	return found && identity.SameKey(prefix, "aws")
}

func checkTag(tag identity.Tag) error {
	const pattern = `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]`
	keyLength := utf8.RuneCountInString(tag.Key)
	switch {
	case keyLength < 1 || keyLength > maxTagKey:
		return constraintf("tags.member.key", "Member must have length between 1 and %d", maxTagKey)
	case utf8.RuneCountInString(tag.Value) > maxTagValue:
		return constraintf("tags.member.value", "Member must have length less than or equal to %d", maxTagValue)
	case !tagPattern.MatchString(tag.Key):
		return constraintf("tags.member.key", pattern+"+")
	case !tagPattern.MatchString(tag.Value):
		return constraintf("tags.member.value", pattern+"*")
	}
	return nil
}

func constraintf(member, format string, args ...any) error {
	return Errorf(400, "ValidationError", "1 validation error detected: Value at '"+member+
		"' failed to satisfy constraint: "+format, args...)
}
