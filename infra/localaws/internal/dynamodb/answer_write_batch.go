package dynamodb

import "go.etcd.io/bbolt"

// decide decides all of a table's changes before any is written: they name different items.
func (t *tableWrites) decide(tx *bbolt.Tx, keys [][]byte) ([]*outcome, error) {
	live, err := t.target.live(tx)
	if err != nil {
		return nil, err
	}
	outcomes := make([]*outcome, len(t.changes))
	for i, c := range t.changes {
		if outcomes[i], err = c.decide(tx, live, keys[i]); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

func (t *tableWrites) write(tx *bbolt.Tx, keys [][]byte, outcomes []*outcome, spent spending) error {
	for i, c := range t.changes {
		units, err := c.do(tx, keys[i], outcomes[i])
		if err != nil {
			return err
		}
		spent.add(t.target, units, 1)
	}
	return nil
}
