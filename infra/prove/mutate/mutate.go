// Package mutate makes mutants of policy documents: copies that differ in one place, as after a mistake in
// an edit. A proof of isolation that does not notice a mutant would not notice the same mistake.
//
// It is pure: it takes documents and returns documents, and evaluates nothing. Mutants that localaws' parser
// refuses are kept apart: AWS refuses them too, so nobody can deploy such a document.
package mutate

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// First returns the first-order mutants of every document of roles, in the order of the documents and of
// the places in them, and apart from them those that the parser refuses. No two mutants are the same
// document, and none is the document that it was made from.
func First(roles []localaws.Role) (mutants, refused []Mutant, err error) {
	for _, role := range roles {
		documents := append([]localaws.PolicyDocument{{Name: Trust, Document: role.Trust}}, role.Policies...)
		if role.Boundary != nil {
			documents = append(documents, localaws.PolicyDocument{Name: Boundary, Document: role.Boundary})
		}
		for _, d := range documents {
			root, err := parse(d.Document)
			if err != nil {
				return nil, nil, fmt.Errorf("%s/%s: %w", role.Name, d.Name, err)
			}
			original, err := root.encode()
			if err != nil {
				return nil, nil, fmt.Errorf("%s/%s: %w", role.Name, d.Name, err)
			}
			seen := map[string]bool{string(original): true}
			for _, m := range mutantsOf(root, role.Name, d.Name) {
				text, err := m.edited(d.Document, role.Name, d.Name)
				switch {
				case err != nil:
					refused = append(refused, m)
				case !seen[string(text)]:
					seen[string(text)] = true
					mutants = append(mutants, m)
				}
			}
		}
	}
	return mutants, refused, nil
}

// maker collects the mutants of one document.
type maker struct {
	role, document string
	sid            string
	allow          bool
	at             []int // path of the statement
	mutants        []Mutant
}

func mutantsOf(root *node, role, document string) []Mutant {
	k := &maker{role: role, document: document}
	k.version(root)
	for i, element := range root.children {
		if element.name != "Statement" {
			continue
		}
		k.statementAdded(element, i)
		for j, statement := range element.children {
			k.at = []int{i, j}
			k.statement(statement, j)
		}
	}
	return k.mutants
}

// add makes one mutant; path leads from the statement, or from the document where there is none.
func (k *maker) add(kind, what string, direction Direction, path []int, change func(*node)) {
	k.addWithin(kind, what, direction, path, path, change)
}

// addWithin makes a mutant that differs at place, below path.
func (k *maker) addWithin(kind, what string, direction Direction, path, place []int, change func(*node)) {
	where := k.role + "/" + k.document + ": "
	if k.sid != "" {
		where += k.sid + ": "
	}
	k.mutants = append(k.mutants, Mutant{
		Name: where + what, Kind: kind, Direction: direction, Role: k.role, Document: k.document, Sid: k.sid,
		edits: []edit{{k.role, k.document, append(slices.Clip(k.at), path...), append(slices.Clip(k.at), place...), change}},
	})
}

// more is the direction of an edit that makes the statement apply to more requests; less is the opposite.
func (k *maker) more() Direction {
	if k.allow {
		return Widens
	}
	return Narrows
}

func (k *maker) less() Direction {
	if k.allow {
		return Narrows
	}
	return Widens
}

func remove(n *node) { n.gone = true }

func setText(text string) func(*node) { return func(n *node) { n.text = text } }

func addText(text string) func(*node) {
	return func(n *node) { n.children = append(n.children, leaf(text)) }
}

// version: only Version 2012-10-17 has variables (IAM User Guide, "IAM JSON policy elements: Version").
func (k *maker) version(root *node) {
	for i, m := range root.children {
		if m.name == "Version" && m.text == "2012-10-17" {
			k.add("Version made older", "Version 2008-10-17", Either, []int{i}, setText("2008-10-17"))
			k.add("Version removed", "Version removed", Either, []int{i}, remove)
		}
	}
}

func (k *maker) statement(s *node, index int) {
	k.sid, k.allow = fmt.Sprintf("statement %d", index), false
	for _, m := range s.children {
		switch m.name {
		case "Sid":
			k.sid = m.text
		case "Effect":
			k.allow = m.text == "Allow"
		}
	}
	k.add("statement removed", "removed", k.less(), nil, remove)
	for i, m := range s.children {
		switch m.name {
		case "Effect":
			k.effect(i)
		case "Principal":
			k.principal(m, i)
		case "Action":
			k.actions(m, i)
		case "Resource":
			k.resources(m, i)
		case "Condition":
			k.conditions(m, i)
		}
	}
}

func (k *maker) effect(i int) {
	if k.allow {
		k.add("effect flipped", "Effect Deny", Narrows, []int{i}, setText("Deny"))
		return
	}
	k.add("effect flipped", "Effect Allow", Widens, []int{i}, setText("Allow"))
}

// negate turns Action into NotAction, Resource into NotResource.
func (k *maker) negate(name string, i int) {
	k.add(name+" negated", name+" made Not"+name, Either, []int{i}, func(n *node) { n.name = "Not" + name })
}

// without makes a mutant for each entry of a list, without that entry. A list of one entry has none.
func (k *maker) without(kind string, list *node, path []int, less Direction) {
	if len(list.children) < 2 {
		return
	}
	for j, entry := range list.children {
		k.add(kind+" removed", kind+" "+entry.text+" removed", less, append(slices.Clip(path), j), remove)
	}
}

func service(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return name
}
