package request

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Tagged is the resource of a reading about tags.
type Tagged struct {
	ARN   string       // as the request names the resource
	Table *table.Table // nil: there is no such table, or the resource is none
}

// ListTags is a reading of a ListTagsOfResource.
type ListTags struct{ Tagged }

// ChangeTags is a reading of a TagResource or an UntagResource.
type ChangeTags struct {
	Tagged
	add     []table.Tag
	remove  []string
	untag   bool
	refused error
}

func readListTagsOfResource(r *reading) (any, error) {
	var m members
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	t, err := r.tagged(&m)
	return &ListTags{t}, err
}

// GetResourcePolicy is a reading of a GetResourcePolicy.
type GetResourcePolicy struct{ Tagged }

func readGetResourcePolicy(r *reading) (any, error) {
	var m members
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	t, err := r.tagged(&m)
	return &GetResourcePolicy{t}, err
}

func readTagResource(r *reading) (any, error)   { return r.changeTags(false) }
func readUntagResource(r *reading) (any, error) { return r.changeTags(true) }

func (r *reading) changeTags(untag bool) (any, error) {
	var m members
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	c := &ChangeTags{add: m.Tags, remove: m.TagKeys, untag: untag}
	var err error
	if c.Tagged, err = r.tagged(&m); err != nil {
		return nil, err
	}
	switch {
	case untag && m.TagKeys == nil:
		c.refused = exception.Missing("tagKeys")
	case untag && len(m.TagKeys) == 0:
		c.refused = exception.Validation("Atleast one Tag Key needs to be provided as Input.")
	case !untag && m.Tags == nil:
		c.refused = exception.Missing("tags")
	case !untag && len(m.Tags) == 0:
		c.refused = exception.Validation("Atleast one Tag needs to be provided as Input.")
	case !untag:
		c.refused = checkTags(m.Tags)
	}
	return c, nil
}

// tagged finds the table of a request that names one by its ARN.
func (r *reading) tagged(m *members) (Tagged, error) {
	_, name, err := tableOrStream(r.place, m)
	if err != nil {
		return Tagged{}, err
	}
	t := Tagged{ARN: m.ResourceArn}
	if m.ResourceArn == r.place.tableARN(name) {
		t.Table, err = r.tables(name)
	}
	return t, err
}

// Check refuses, with an *api.Error, tags that no table may have. The answer calls it, for the reason given at
// CreateTable.Table.
func (c *ChangeTags) Check() error { return c.refused }

// Apply changes the tags of a copy of the table that no request sees yet.
func (c *ChangeTags) Apply(t *table.Table) error {
	if c.untag {
		t.Tags = slices.DeleteFunc(t.Tags, func(have table.Tag) bool { return slices.Contains(c.remove, have.Key) })
		return nil
	}
	for _, tag := range c.add {
		i := slices.IndexFunc(t.Tags, func(have table.Tag) bool { return have.Key == tag.Key })
		if i < 0 {
			t.Tags = append(t.Tags, tag)
		} else {
			t.Tags[i] = tag
		}
	}
	if len(t.Tags) > maxTags {
		return exception.Validation("Number of Tags exceed the current limit for the provided ResourceArn")
	}
	return nil
}

// Limits of a tag in characters ("Tagging restrictions in DynamoDB", DynamoDB Developer Guide).
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags refuses tags that no resource may have. Names that begin with aws: are AWS's own.
func checkTags(tags []table.Tag) error {
	for _, t := range tags {
		switch {
		case t.Key == "" || len([]rune(t.Key)) > maxTagKey:
			return exception.Validation("The Tag Key provided is invalid, Key: %s", t.Key)
		case api.IsReservedTag(t.Key):
			return exception.Validation("Tag Key cannot be prefixed with aws:, Key: %s", t.Key)
		case len([]rune(t.Value)) > maxTagValue:
			return exception.Validation("The Tag Value provided is invalid, Value: %s", t.Value)
		}
	}
	return nil
}
