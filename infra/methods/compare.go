package methods

import (
	"context"
	"errors"

	"example.com/shiptrack/infra/prove/theorem"
)

// Tenants are the numbers of tenants that are compared.
var Tenants = []int{1, 10, 100, 1000, 10_000}

// Result is what was found out about a method, in whatever run and on whatever machine.
type Result struct {
	Method   Method
	Costs    [][]Cost // by the number of definitions, from 1, then by Tenants
	Uses     []Use    // with all definitions and the most tenants
	Packed   []int    // of the session for each definition, in percent, as localaws reckons it
	Outcomes []Outcome
	Verdict  theorem.Verdict
	// Tagged is the verdict if the roles gave their sessions the tenant as a tag.
	Tagged theorem.Verdict
}

// Compare finds out all but times.
func Compare(ctx context.Context) ([]Result, error) {
	var all []Result
	for _, m := range All() {
		r, err := resultOf(ctx, m)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func resultOf(ctx context.Context, m Method) (r Result, err error) {
	r.Method = m
	definitions, err := Definitions(MaxDefinitions)
	if err != nil {
		return r, err
	}
	if r.Costs, err = costs(m, definitions); err != nil {
		return r, err
	}
	if r.Uses, err = Uses(m, Tenants[len(Tenants)-1], definitions); err != nil {
		return r, err
	}
	if r.Verdict, err = Decide(m, definitions, false); err != nil {
		return r, err
	}
	if r.Tagged, err = Decide(m, definitions, true); err != nil {
		return r, err
	}
	w, err := NewWorld(ctx, m, definitions, append([]string{Tenant(0)}, cast...)...)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if r.Packed, err = w.packed(ctx); err != nil {
		return r, err
	}
	r.Outcomes, err = w.Attacks(ctx)
	return r, err
}

func costs(m Method, definitions []Definition) ([][]Cost, error) {
	var all [][]Cost
	for n := range definitions {
		var row []Cost
		for _, tenants := range Tenants {
			c, err := CostOf(m, tenants, definitions[:n+1])
			if err != nil {
				return nil, err
			}
			row = append(row, c)
		}
		all = append(all, row)
	}
	return all, nil
}

// packed is the packed size of a session for each definition.
func (w *World) packed(ctx context.Context) ([]int, error) {
	var all []int
	for i := range w.definitions {
		in, err := w.method.Input(Tenant(0), &w.definitions[i])
		if err != nil {
			return nil, err
		}
		_, percent, err := w.Session(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, percent)
	}
	return all, nil
}
