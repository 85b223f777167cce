package theorem

import (
	"fmt"
	"strings"
	"unicode"

	"example.com/shiptrack/infra/localaws/policy"
)

// constraint says that a word is one of the texts or ARNs of a policy, or is none of them.
type constraint struct {
	texts   []policy.Text
	arns    []policy.ARN
	folding folding
	negated bool
	measure *policy.ClauseCondition // numbers, dates and addresses: any word may be one; a request is tried
}

type folding uint8

const (
	exact       folding = iota
	foldASCII           // of actions
	foldUnicode         // strings.EqualFold
)

// variable is the use of a condition key within a text.
type variable struct {
	key      string // folded
	fallback bool
}

// variables are those of c, each use of them.
func (c *constraint) variables() []variable {
	var all []variable
	add := func(t policy.Text) {
		for _, p := range t.Parts {
			if p.Kind == policy.Variable {
				all = append(all, variable{fold(p.Key), p.Fallback})
			}
		}
	}
	for _, t := range c.texts {
		add(t)
	}
	for _, a := range c.arns {
		if a.Whole != nil {
			add(*a.Whole)
		}
		for _, t := range a.Segments {
			add(t)
		}
	}
	return all
}

// fold is the form of a key's name by which names that IAM holds to be one are equal.
func fold(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		if 'A' <= least && least <= 'Z' {
			return least + 'a' - 'A' // as people read it
		}
		return least
	}, key)
}

// key tells constraints without variables apart. Texts are quoted: a policy may have any character in them.
func (c *constraint) key() string {
	key := fmt.Appendf(nil, "%d %t", c.folding, c.negated)
	parts := func(t policy.Text) {
		key = append(key, "\ntext"...)
		for _, p := range t.Parts {
			key = fmt.Appendf(key, " %d %q", p.Kind, p.Text)
		}
	}
	for _, t := range c.texts {
		parts(t)
	}
	for _, a := range c.arns {
		key = fmt.Appendf(key, "\nARN %t %t", a.Any, a.Never)
		for _, t := range a.Segments {
			parts(t)
		}
	}
	return string(key)
}
