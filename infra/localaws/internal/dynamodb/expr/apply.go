package expr

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

var (
	errTarget = attr.Invalidf("The document path provided in the update expression is invalid for update")
	// ErrTooLarge is the refusal of an update that makes an item larger than an item may be.
	ErrTooLarge = attr.Invalidf("Item size to update has exceeded the maximum allowed size")

	errNesting = attr.Invalidf("Nesting Levels have exceeded supported limits")
)

type action uint8

const (
	keep action = iota
	set
	remove
)

// change is what becomes of the value that a path leads to.
type change struct {
	do    action
	value attr.Value
}

// Apply returns the updated copy of item, which it does not change. An item that is to be created is
// passed with its key attributes alone. Every value is computed from item as it is. That key attributes
// stay (see Targets), and that the item does not grow too large, is the caller's to check.
func (u *Update) Apply(item attr.Item) (attr.Item, error) {
	changes, size := make([]change, len(u.clauses)), 0
	for i, c := range u.clauses {
		ch, err := c.change(item)
		if err != nil {
			return nil, err
		}
		if ch.do == set && len(c.path)-1+ch.value.Depth() >= attr.MaxNesting {
			return nil, errNesting
		}
		// One clause can make a large value of a name. All of them are in the updated item.
		if ch.do == set {
			if size += ch.value.Size(); size > attr.MaxItem {
				return nil, ErrTooLarge
			}
		}
		changes[i] = ch
	}
	v, err := u.tree.apply(attr.Map(item), changes)
	if err != nil {
		return nil, err
	}
	return v.Fields(), nil
}

func (t *tree) apply(v attr.Value, changes []change) (attr.Value, error) {
	for s := range t.children {
		if s.named() {
			return t.applyToMap(v, changes)
		}
	}
	return t.applyToList(v, changes)
}

func (t *tree) applyToMap(v attr.Value, changes []change) (attr.Value, error) {
	if v.Kind() != attr.M {
		return v, errTarget
	}
	fields := v.Fields()
	for s, child := range t.children {
		old, exists := fields[s.name]
		ch, err := child.changeOf(old, exists, changes)
		if err != nil {
			return v, err
		}
		switch ch.do {
		case set:
			fields[s.name] = ch.value
		case remove:
			delete(fields, s.name)
		}
	}
	return attr.Map(fields), nil
}

// applyToList numbers elements as they are before the update: what is removed leaves no gap until the
// end, and what is set behind the end is appended in the order of its indexes.
func (t *tree) applyToList(v attr.Value, changes []change) (attr.Value, error) {
	if v.Kind() != attr.L {
		return v, errTarget
	}
	elems := slices.Clone(v.Elems())
	gone := map[int]bool{}
	for _, s := range t.steps() {
		old, exists := s.in(v)
		ch, err := t.children[s].changeOf(old, exists, changes)
		switch {
		case err != nil:
			return v, err
		case ch.do == remove:
			gone[s.index] = true
		case ch.do == set && exists:
			elems[s.index] = ch.value
		case ch.do == set:
			elems = append(elems, ch.value)
		}
	}
	left := elems[:0]
	for i, e := range elems {
		if !gone[i] || i >= len(v.Elems()) {
			left = append(left, e)
		}
	}
	return attr.List(left...), nil
}

// changeOf returns the change at t, whose value is old.
func (t *tree) changeOf(old attr.Value, exists bool, changes []change) (change, error) {
	if t.leaf >= 0 {
		return changes[t.leaf], nil
	}
	if !exists {
		return change{}, errTarget
	}
	v, err := t.apply(old, changes)
	return change{do: set, value: v}, err
}

// add is ADD: a number is added to, a set united with.
func add(old attr.Value, exists bool, by attr.Value) (change, error) {
	if !exists {
		return change{do: set, value: by}, nil
	}
	if old.Kind() != by.Kind() {
		return change{}, errDataType
	}
	if by.Kind() == attr.N {
		v, err := attr.Add(old, by)
		return change{do: set, value: v}, err
	}
	return change{do: set, value: old.Union(by)}, nil
}

// subtract is DELETE: members are taken from a set, and an empty one goes.
func subtract(old attr.Value, exists bool, by attr.Value) (change, error) {
	if !exists {
		return change{do: keep}, nil
	}
	if old.Kind() != by.Kind() {
		return change{}, errDataType
	}
	left, ok := old.Without(by)
	if !ok {
		return change{do: remove}, nil
	}
	return change{do: set, value: left}, nil
}
