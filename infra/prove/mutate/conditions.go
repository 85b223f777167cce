package mutate

import (
	"fmt"
	"slices"
	"strings"
)

func (k *maker) conditions(element *node, i int) {
	k.add("conditions removed", "all conditions removed", k.more(), []int{i}, remove)
	for j, block := range element.children {
		if len(block.children) > 1 {
			k.add("condition operator removed", "condition operator "+block.name+" removed", k.more(), []int{i, j}, remove)
		}
		for l, key := range block.children {
			what := "condition " + block.name + " " + key.name
			kind := "condition removed"
			if block.name == "Null" {
				kind = "guard removed"
			}
			k.add(kind, what+" removed", k.more(), []int{i, j, l}, remove)
			k.operators(block.name, key, []int{i, j, l}, what)
			k.conditionValues(block.name, key, []int{i, j, l}, what)
			k.add("condition of another key", what+" made of "+otherKey(key.name), Either, []int{i, j, l},
				func(n *node) { n.name = otherKey(n.name) })
		}
	}
}

// swaps are the operators that people confuse with one another.
var swaps = map[string][]string{
	"StringEquals":    {"StringNotEquals", "StringLike", "StringEqualsIgnoreCase"},
	"StringNotEquals": {"StringEquals", "StringNotLike"},
	"StringLike":      {"StringNotLike", "StringEquals"},
	"StringNotLike":   {"StringLike", "StringNotEquals"},
}

const allValues, anyValue = "ForAllValues:", "ForAnyValue:"

// operators moves one key to another operator.
func (k *maker) operators(name string, key *node, path []int, what string) {
	move := func(kind, to string, direction Direction) {
		operator := append(slices.Clip(path), -1) // a place beside those of the values
		k.addWithin(kind, what+" made "+to, direction, path[:1], operator, func(n *node) { n.move(path[1], path[2], to) })
	}
	prefix, base := "", name
	for _, p := range []string{allValues, anyValue} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			prefix, base = p, rest
		}
	}
	for _, to := range swaps[base] {
		direction := Either
		switch {
		case base == "StringLike" && to == "StringEquals":
			direction = k.less()
		case base == "StringEquals" && to != "StringNotEquals":
			direction = k.more()
		}
		move("operator swapped", prefix+to, direction)
	}
	switch prefix {
	case allValues:
		move("set prefix swapped", anyValue+base, Either)
		move("set prefix dropped", base, Either)
	case anyValue:
		move("set prefix swapped", allValues+base, Either)
		move("set prefix dropped", base, Either)
	}
	if base != "Null" && !strings.HasSuffix(base, "IfExists") {
		move("IfExists added", name+"IfExists", k.more())
	}
}

// move puts key l of operator j under the operator to.
func (n *node) move(j, l int, to string) {
	key := n.children[j].children[l]
	moved := *key
	key.gone = true
	for _, block := range n.live() {
		if block.name == to {
			block.children = append(block.children, &moved)
			return
		}
	}
	n.children = append(n.children, &node{name: to, kind: '{', children: []*node{&moved}})
}

func (k *maker) conditionValues(operator string, key *node, path []int, what string) {
	if operator == "Null" {
		for v, value := range key.children {
			to, direction := "true", Either
			if value.text == "true" {
				to = "false"
			}
			k.add("guard turned", what+" made "+to, direction, append(slices.Clip(path), v), setText(to))
		}
		return
	}
	for v, value := range key.children {
		at, one := append(slices.Clip(path), v), what
		if len(key.children) > 1 {
			one += ": value " + value.text
		}
		k.variables(what, value.text, at, k.wildcard(operator))
		if before, after, ok := strings.Cut(value.text, "}@"); ok {
			k.add("delimiter removed", fmt.Sprintf("%s: value %s without @", what, value.text), k.wildcard(operator), at, setText(before+"}"+after))
		}
		if variable.MatchString(value.text) {
			k.likeAnything(operator, path, v, one)
			continue
		}
		k.add("value emptied", fmt.Sprintf("%s: value %s emptied", what, value.text), Either, at, setText(""))
		k.add("value widened", fmt.Sprintf("%s: value %s made *", what, value.text), k.wildcard(operator), at, setText("*"))
		k.likeAnything(operator, path, v, one)
	}
	fewer, more := k.less(), k.more()
	if isNegated(operator) {
		fewer, more = more, fewer
	}
	k.without("value", key, path, fewer)
	for _, value := range []string{"*", another(operator, key)} {
		k.addWithin("value added", fmt.Sprintf("%s: value %s added", what, value), more, path, append(slices.Clip(path), len(key.children)), addText(value))
	}
}

// likeAnything changes a value to a wildcard and the operator to a Like operator: either change alone has no effect.
func (k *maker) likeAnything(operator string, path []int, v int, what string) {
	if !strings.HasSuffix(operator, "StringEquals") {
		return
	}
	like := strings.TrimSuffix(operator, "StringEquals") + "StringLike"
	k.addWithin("value widened", what+" made "+like+" *", k.more(), path[:1], path, func(n *node) {
		n.children[path[1]].children[path[2]].children[v] = leaf("*")
		n.move(path[1], path[2], like)
	})
}

// wildcard is the direction of a value that becomes *: only the Like operators read it as more than a character.
func (k *maker) wildcard(operator string) Direction {
	switch {
	case !strings.Contains(operator, "Like"):
		return Either
	case isNegated(operator):
		return k.less()
	}
	return k.more()
}

// isNegated reports whether operator matches what differs from all values.
func isNegated(operator string) bool { return strings.Contains(operator, "Not") }

// another returns a different value that key may have.
func another(operator string, key *node) string {
	if strings.HasSuffix(operator, "StringNotLike") {
		return "*-*"
	}
	if _, host, ok := strings.Cut(key.children[0].text, "."); ok {
		return "ebs." + host // s3.us-east-1.amazonaws.com
	}
	return "Admin"
}
