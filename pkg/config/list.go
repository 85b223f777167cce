package config

import (
	"errors"
	"strings"
)

// List is a setting of several values, with commas between them. Blanks around a value do not count.
type List []string

// UnmarshalText reads a list. An empty value between two commas is an error.
func (l *List) UnmarshalText(text []byte) error {
	for value := range strings.SplitSeq(string(text), ",") {
		if value = strings.TrimSpace(value); value == "" {
			return errors.New("has an empty value between its commas")
		}
		*l = append(*l, value)
	}
	return nil
}
