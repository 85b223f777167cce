package measure

import (
	"context"
	"fmt"
)

// Contender is one side of a ratio. Once returns its figure of one round.
type Contender struct {
	Name string
	Once func(ctx context.Context) (float64, error)
}

// Interleave lets the contenders take turns, so that what else the machine does meets all of them. Each round begins with
// another contender: none always follows the same one. It calls tell after each turn.
func Interleave(ctx context.Context, contenders []Contender, rounds int, tell func(round int, name string, value float64)) (map[string]Series, error) {
	all := map[string]Series{}
	for round := range rounds {
		for turn := range contenders {
			c := contenders[(round+turn)%len(contenders)]
			value, err := c.Once(ctx)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			all[c.Name] = append(all[c.Name], value)
			tell(round+1, c.Name, value)
		}
	}
	return all, nil
}
