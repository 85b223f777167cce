package isolation

import "example.com/shiptrack/pkg/problem"

// Among returns what opens g's store beside others: nil while g is open and no check of another store has shown a violation.
// A store whose check shows nothing closes itself alone. But where AWS answers to one tenant what is another's, in whatever
// store, nothing is served.
func (g *Gate) Among(others ...*Gate) func() error {
	return func() error {
		for _, other := range others {
			if err := other.Violated(); err != nil {
				return err
			}
		}
		return g.Open()
	}
}

// Violated returns a problem of kind NotIsolated while the gate is closed because isolation does not hold, else nil.
func (g *Gate) Violated() error {
	if why := g.closed.Load(); why != nil && why.Kind == problem.NotIsolated {
		return why
	}
	return nil
}

// Checked returns a problem of kind Unavailable until the first check has ended, whatever it found.
func (g *Gate) Checked() error {
	if !g.checked.Load() {
		return notReady(errNotChecked)
	}
	return nil
}
