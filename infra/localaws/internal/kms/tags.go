package kms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// Limits of tags (KMS Developer Guide, "Tags in AWS KMS"). Keys are told apart by their case.
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

type tags struct{}

func (tags) Most() int      { return maxTags }
func (tags) TooMany() error { return tooManyTags() }

func tooManyTags() error { return tagException("Too many tags") }

func tagException(message string) error { return exception("TagException", "%s", api.Own(message)) }

type tagMember struct{ TagKey, TagValue *string }

type tagList = awsjson.List[tagMember, tags]

// readTags returns the tags of a request, each key once.
func readTags(l tagList) ([]identity.Tag, error) {
	var all []identity.Tag
	for i, m := range l {
		if m.TagKey == nil || m.TagValue == nil {
			return nil, missing("tags." + strconv.Itoa(i+1) + ".member")
		}
		tag := identity.Tag{Key: *m.TagKey, Value: *m.TagValue}
		if err := checkTag(tag); err != nil {
			return nil, err
		}
		if findTag(all, tag.Key) >= 0 {
			return nil, tagException("Duplicate tag keys")
		}
		all = append(all, tag)
	}
	return all, nil
}

func checkTag(tag identity.Tag) error {
	switch length := utf8.RuneCountInString(tag.Key); {
	case length < 1 || length > maxTagKey:
		return validation("1 validation error detected: Value at 'tags.member.tagKey' failed to satisfy constraint: Member must have length between 1 and %d", maxTagKey)
	case utf8.RuneCountInString(tag.Value) > maxTagValue:
		return validation("1 validation error detected: Value at 'tags.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to %d", maxTagValue)
	case !tagPattern.MatchString(tag.Key) || !tagPattern.MatchString(tag.Value):
		return tagException("One or more tags are not valid: keys and values may have letters, digits, blanks and _ . / = + - : @")
	case api.IsReservedTag(tag.Key):
		return tagException("Tags beginning with aws: are reserved")
	}
	return nil
}

func findTag(all []identity.Tag, key string) int {
	return slices.IndexFunc(all, func(tag identity.Tag) bool { return tag.Key == key })
}

func setRequestTags(keys *policy.Context, all []identity.Tag) {
	if len(all) == 0 {
		return
	}
	setTags(keys, "aws:RequestTag/", all)
	names := make([]string, 0, len(all))
	for _, tag := range all {
		names = append(names, tag.Key)
	}
	keys.SetAll("aws:TagKeys", names)
}

func readTagResource(r *reading) (answer, error) {
	var in struct {
		KeyId string
		Tags  tagList
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	given, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if in.Tags == nil {
		return nil, missing("tags")
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	setRequestTags(r.onKey("TagResource", t), given)
	return func() (any, error) {
		return nil, r.change(t, func(k *key) error {
			for _, tag := range given {
				if i := findTag(k.Tags, tag.Key); i >= 0 {
					k.Tags[i] = tag
				} else {
					k.Tags = append(k.Tags, tag)
				}
			}
			if len(k.Tags) > maxTags {
				return tooManyTags()
			}
			return k.notPending(t.arn)
		})
	}, nil
}

func readUntagResource(r *reading) (answer, error) {
	var in struct {
		KeyId   string
		TagKeys awsjson.List[string, tags]
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.TagKeys == nil {
		return nil, missing("tagKeys")
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	keys := r.onKey("UntagResource", t)
	if len(in.TagKeys) > 0 {
		keys.SetAll("aws:TagKeys", in.TagKeys)
	}
	return func() (any, error) {
		return nil, r.change(t, func(k *key) error {
			k.Tags = slices.DeleteFunc(k.Tags, func(tag identity.Tag) bool { return slices.Contains(in.TagKeys, tag.Key) })
			return k.notPending(t.arn)
		})
	}, nil
}

func readListResourceTags(r *reading) (answer, error) {
	var in struct {
		KeyId string
		paging
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	size, err := in.read(50, 50)
	if err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("ListResourceTags", t)
	type entry struct{ TagKey, TagValue string }
	return func() (any, error) {
		all := []entry{}
		for _, tag := range t.Tags {
			if tag.Key > in.Marker {
				all = append(all, entry{tag.Key, tag.Value})
			}
		}
		slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.TagKey, b.TagKey) })
		all, p := cut(all, size, func(e entry) string { return e.TagKey })
		return struct {
			Tags []entry
			page
		}{all, p}, nil
	}, nil
}
