package answer

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Limits of tags (S3 User Guide, "Categorizing your objects using tags", "Using cost allocation S3 bucket tags"); lengths in characters.
const (
	maxObjectTags = 10
	maxBucketTags = 50
	maxTagKey     = 128
	maxTagValue   = 256
)

var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func invalidTag(message string) error {
	return api.Errorf(http.StatusBadRequest, "InvalidTag", "%s", api.Own(message))
}

// checkTags checks tags that are to take the place of all.
func checkTags(tags []store.Tag, most int) error {
	if len(tags) > most {
		return api.Errorf(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than %d", most)
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		length := utf8.RuneCountInString(tag.Key)
		switch {
		case length < 1 || length > maxTagKey || !tagPattern.MatchString(tag.Key):
			return invalidTag("The TagKey you have provided is invalid")
		case utf8.RuneCountInString(tag.Value) > maxTagValue || !tagPattern.MatchString(tag.Value):
			return invalidTag("The TagValue you have provided is invalid")
		case api.IsReservedTag(tag.Key):
			return invalidTag("System tags cannot be added/updated by requester")
		case seen[tag.Key]:
			return invalidTag("Cannot provide multiple Tags with the same key")
		}
		seen[tag.Key] = true
	}
	return nil
}

// readTags reads the document Tagging.
func (a *asked) readTags(most int) ([]store.Tag, error) {
	root, err := a.document("Tagging")
	if err != nil {
		return nil, err
	}
	set := root.One("TagSet")
	if set == nil {
		return nil, document.Malformed()
	}
	var tags []store.Tag
	for _, node := range set.All("Tag") {
		tag, hasKey, hasValue := store.Tag{}, false, false
		tag.Key, hasKey = node.Text("Key")
		tag.Value, hasValue = node.Text("Value")
		if err := node.Check(); err != nil || !hasKey || !hasValue {
			return nil, document.Malformed()
		}
		tags = append(tags, tag)
	}
	for _, node := range []*document.Node{set, root} {
		if err := node.Check(); err != nil {
			return nil, err
		}
	}
	return tags, checkTags(tags, most)
}

// headerTags reads the tags of a new object, which package request has read for the policies.
func (a *asked) headerTags() (map[string]string, error) {
	given, err := url.ParseQuery(a.header("X-Amz-Tagging"))
	if err != nil {
		return nil, invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	var tags []store.Tag
	for key, values := range given {
		for _, value := range values {
			tags = append(tags, store.Tag{Key: key, Value: value})
		}
	}
	return tagMap(tags), checkTags(tags, maxObjectTags)
}

func tagMap(tags []store.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, tag := range tags {
		all[tag.Key] = tag.Value
	}
	return all
}

func taggingOf(tags []store.Tag) (*api.Response, error) {
	type set struct{ Tag []store.Tag }
	return documentOf("Tagging", struct{ TagSet set }{set{tags}})
}

func getBucketTagging(a *asked) (*api.Response, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return nil, err
	}
	if b.Tags == nil {
		return nil, api.Errorf(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist")
	}
	return taggingOf(b.Tags)
}

func putBucketTagging(a *asked) (*api.Response, error) {
	tags, err := a.readTags(maxBucketTags)
	if err != nil {
		return nil, err
	}
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.Tags = tags })
}

func deleteBucketTagging(a *asked) (*api.Response, error) {
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.Tags = nil })
}

func sortedTags(tags map[string]string) []store.Tag {
	var all []store.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, store.Tag{Key: key, Value: tags[key]})
	}
	return all
}
