package identity

import "strings"

// Tag is a key with its value. Keys are unique without regard to case and keep the case they were given.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// MergeTags returns over and what of under it does not override, keys compared without regard to case
// (IAM User Guide, "Pass session tags in AWS STS").
func MergeTags(under, over []Tag) map[string]string {
	merged := make(map[string]string, len(under)+len(over))
	for _, tag := range over {
		merged[tag.Key] = tag.Value
	}
	for _, tag := range under {
		if FindTag(over, tag.Key) < 0 {
			merged[tag.Key] = tag.Value
		}
	}
	return merged
}

// FindTag returns the index of key in tags, without regard to case, or -1.
func FindTag(tags []Tag, key string) int {
	for i, tag := range tags {
		if SameKey(tag.Key, key) {
			return i
		}
	}
	return -1
}

// SameKey says whether two tag keys are the same one. It folds as policy.Context folds the names of keys,
// so that two tags of a session can never answer for one condition key.
func SameKey(a, b string) bool { return strings.EqualFold(a, b) }
