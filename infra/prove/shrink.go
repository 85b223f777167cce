package prove

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// shrink removes parts of q (see smaller) while it is still a counterexample. Each trial has a new pair, so
// that no earlier request has an effect on it. Where q is a counterexample only after earlier requests, it stays as it is.
func shrink(ctx context.Context, names Names, roles []localaws.Role, q request, why string) (request, string) {
	wrong := func(q request) string {
		t, err := newPair(ctx, names, roles)
		if err != nil {
			return ""
		}
		defer t.Close() //nolint:errcheck // the trial's result does not depend on the clean-up
		_, wrong, err := t.try(ctx, q)
		if err != nil {
			return ""
		}
		return wrong
	}
	for shrinks := true; shrinks; {
		shrinks = false
		for _, trial := range smaller(q) {
			if said := wrong(trial); said != "" {
				q, why, shrinks = trial, said, true
				break
			}
		}
	}
	return q, why
}

// smaller returns the requests that lack one member or element of q's body, one of its headers, or one parameter of its query.
func smaller(q request) []request {
	var all []request
	var tree any
	if json.Unmarshal([]byte(q.body), &tree) == nil {
		for _, candidate := range without(tree) {
			if text, err := json.Marshal(candidate); err == nil {
				trial := q
				trial.body = string(text)
				all = append(all, trial)
			}
		}
	}
	for i := range q.headers {
		trial := q
		trial.headers = slices.Delete(slices.Clone(q.headers), i, i+1)
		all = append(all, trial)
	}
	path, query, _ := strings.Cut(q.path, "?")
	if parameters := strings.Split(query, "&"); query != "" {
		for i := range parameters {
			trial := q
			trial.path = strings.TrimSuffix(path+"?"+strings.Join(slices.Delete(slices.Clone(parameters), i, i+1), "&"), "?")
			all = append(all, trial)
		}
	}
	return all
}

// without returns the trees that lack one member or element of tree, the largest parts first.
func without(tree any) []any {
	var all []any
	switch node := tree.(type) {
	case map[string]any:
		for name := range node {
			all = append(all, copied(node, name, nil))
		}
		for name, child := range node {
			for _, smaller := range without(child) {
				all = append(all, copied(node, name, smaller))
			}
		}
	case []any:
		for i := range node {
			rest := append(append([]any{}, node[:i]...), node[i+1:]...)
			all = append(all, rest)
		}
		for i, child := range node {
			for _, smaller := range without(child) {
				changed := append([]any{}, node...)
				changed[i] = smaller
				all = append(all, changed)
			}
		}
	}
	return all
}

// copied is node with another value of name, or without it.
func copied(node map[string]any, name string, value any) map[string]any {
	c := make(map[string]any, len(node))
	for k, v := range node {
		c[k] = v
	}
	if c[name] = value; value == nil {
		delete(c, name)
	}
	return c
}
