package iam

import (
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// requestTagKeys are the condition keys of tags that a request sets.
func requestTagKeys(tags []identity.Tag) *policy.Context {
	c := new(policy.Context)
	names := make([]string, len(tags))
	for i, tag := range tags {
		c.Set("aws:RequestTag/"+tag.Key, tag.Value)
		names[i] = tag.Key
	}
	if len(names) > 0 {
		c.SetAll("aws:TagKeys", names)
	}
	return c
}

// setResourceTags sets the condition keys of the tags that the resource has.
func setResourceTags(c *policy.Context, tags []identity.Tag) {
	for _, tag := range tags {
		c.Set("aws:ResourceTag/"+tag.Key, tag.Value)
		c.Set("iam:ResourceTag/"+tag.Key, tag.Value)
	}
}

// merge adds tags to those of a role, a user or a policy (title, in the name of the quota), or replaces them.
func merge(own *[]identity.Tag, tags []identity.Tag, title string) error {
	for _, tag := range tags {
		if i := identity.FindTag(*own, tag.Key); i >= 0 {
			(*own)[i] = tag
		} else {
			*own = append(*own, tag)
		}
	}
	if len(*own) > maxTags {
		return limitExceeded("Cannot exceed quota for TagsPer"+title+": %d", maxTags)
	}
	return nil
}

func removeTags(own *[]identity.Tag, names []string) {
	for _, key := range names {
		if i := identity.FindTag(*own, key); i >= 0 {
			*own = append((*own)[:i], (*own)[i+1:]...)
		}
	}
}

func (q *query) tagKeys() ([]string, *policy.Context) {
	names := q.Form.List("TagKeys")
	keys := new(policy.Context)
	keys.SetAll("aws:TagKeys", names)
	return names, keys
}

func (k kind) tag(q *query) (*plan, error) {
	name, err := k.name(q)
	if err != nil {
		return nil, err
	}
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	return k.on(q, name, requestTagKeys(tags), func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error { return merge(&entity.Tags, tags, k.title) })
	}), err
}

func (k kind) untag(q *query) (*plan, error) {
	name, err := k.name(q)
	names, keys := q.tagKeys()
	return k.on(q, name, keys, func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error {
			removeTags(&entity.Tags, names)
			return nil
		})
	}), err
}

func (k kind) listTags(q *query) (*plan, error) {
	return k.list(q, func(p page, entity *identity.Entity) any { return tagList(p, entity.Tags) })
}

func tagList(p page, own []identity.Tag) any {
	tags, more := cut(p, sortedTags(own), func(t tagElement) string { return t.Key })
	return struct {
		Tags members[tagElement]
		paging
	}{members[tagElement]{tags}, more}
}

func tagPolicy(q *query) (*plan, error) {
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	if err != nil {
		return nil, err
	}
	return q.changePolicy(requestTagKeys(tags), func(m *identity.ManagedPolicy) error { return merge(&m.Tags, tags, "Policy") })
}

func untagPolicy(q *query) (*plan, error) {
	names, keys := q.tagKeys()
	return q.changePolicy(keys, func(m *identity.ManagedPolicy) error {
		removeTags(&m.Tags, names)
		return nil
	})
}

func listPolicyTags(q *query) (*plan, error) {
	p, err := q.page()
	if err != nil {
		return nil, err
	}
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) { return tagList(p, m.Tags), nil })
}
