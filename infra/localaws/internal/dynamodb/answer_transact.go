package dynamodb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// maxTransactionBytes is what the items of one transaction may weigh together.
const maxTransactionBytes = 4 << 20

type transactWriteOutput struct {
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

// cancellation says why an entry of a transaction was, or was not, what cancelled it.
type cancellation struct {
	Code    string
	Message string    `json:",omitempty"`
	Item    attr.Item `json:",omitempty"`
}

// transactWrite writes all of the transaction or nothing of it. Every entry is decided before anything is
// written; entries name different items, so none decides on what another writes.
func (s *store) transactWrite(t *transaction, req *api.Request) answer {
	token := idempotency(t.token, req)
	return func(context.Context) (any, error) {
		keys, err := distinctKeys(t.changes, func(c *change) (*target, []byte, error) {
			key, err := c.prepare()
			return c.target, key, err
		})
		if err != nil {
			return nil, err
		}
		var d *decisions
		var refused error
		err = s.writer.commit(func(tx *bbolt.Tx) error {
			var again bool
			if again, refused = token.seen(tx, s.now()); again || refused != nil {
				d = &decisions{}
				return nil
			}
			if d, refused = t.decide(tx, keys); refused != nil || d.cancelled {
				return nil
			}
			if err := t.write(tx, keys, d); err != nil {
				return err
			}
			return token.keep(tx, s.now())
		})
		if err := cmp.Or(err, refused); err != nil {
			return nil, err
		}
		if d.cancelled {
			return d.cancel()
		}
		return &transactWriteOutput{ConsumedCapacity: d.spent.report(t.capacity)}, nil
	}
}

// decisions are the outcomes of a transaction's entries.
type decisions struct {
	outcomes  []*outcome
	reasons   []cancellation
	cancelled bool
	spent     spending
}

func (t *transaction) decide(tx *bbolt.Tx, keys [][]byte) (*decisions, error) {
	d := &decisions{spent: spending{}}
	bytes := 0
	for i, c := range t.changes {
		live, err := c.target.live(tx)
		if err != nil {
			return nil, err
		}
		o, err := c.decide(tx, live, keys[i])
		reason, err := c.reason(o, err)
		if err != nil {
			return nil, err
		}
		d.outcomes, d.reasons = append(d.outcomes, o), append(d.reasons, reason)
		if reason.Code != "None" {
			d.cancelled = true
			continue
		}
		bytes += o.newSize
	}
	if bytes > maxTransactionBytes {
		return nil, exception.Validation("Transaction size limit exceeded: the items must not be larger than 4 MB together")
	}
	return d, nil
}

// reason turns an entry's outcome, or the refusal of it, into what TransactionCanceledException lists.
func (c *change) reason(o *outcome, err error) (cancellation, error) {
	if err != nil {
		wrong, ok := errors.AsType[*api.Error](exception.Of(err))
		if !ok {
			return cancellation{}, err
		}
		return cancellation{Code: "ValidationError", Message: wrong.Message}, nil
	}
	if !o.failed {
		return cancellation{Code: "None"}, nil
	}
	failed := cancellation{Code: "ConditionalCheckFailed", Message: conditionalMessage}
	if c.returnOld {
		failed.Item = o.old
	}
	return failed, nil
}

func (t *transaction) write(tx *bbolt.Tx, keys [][]byte, d *decisions) error {
	for i, c := range t.changes {
		units, err := c.do(tx, keys[i], d.outcomes[i])
		if err != nil {
			return err
		}
		d.spent.add(c.target, units, 2)
	}
	return nil
}

func (d *decisions) cancel() (any, error) {
	codes := make([]string, len(d.reasons))
	for i, r := range d.reasons {
		codes[i] = r.Code
	}
	return failure(struct {
		Type    string         `json:"__type"`
		Message string         `json:"Message"`
		Reasons []cancellation `json:"CancellationReasons"`
	}{
		exception.Namespace + "#TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		d.reasons,
	})
}

// tokenLife is how long a token makes a transaction idempotent ("TransactWriteItems", API reference).
const tokenLife = 10 * time.Minute

// idempotencyToken is a ClientRequestToken of one caller, with the digest of the request it came with.
// Callers do not share tokens: one cannot learn that another used the same. Whoever assumes a role is free
// to give two tenants' sessions one name, so a caller is its ARN and its tags.
type idempotencyToken struct {
	name   []byte // empty: the request has none
	digest [sha256.Size]byte
}

func idempotency(token string, req *api.Request) *idempotencyToken {
	t := &idempotencyToken{digest: sha256.Sum256(req.Body)}
	if token != "" {
		// Neither an ARN nor a tag has a line break, and what is hashed always fits a key of the store.
		name := []string{req.Caller.ARN}
		for _, key := range slices.Sorted(maps.Keys(req.Caller.Tags)) {
			name = append(name, key, req.Caller.Tags[key])
		}
		sum := sha256.Sum256([]byte(strings.Join(append(name, token), "\n")))
		t.name = sum[:]
	}
	return t
}

// seen reports whether the same request was done before; the token with another request is refused.
func (t *idempotencyToken) seen(tx *bbolt.Tx, now time.Time) (bool, error) {
	value := tx.Bucket(tokensBucket).Get(t.name)
	if len(t.name) == 0 || len(value) != 8+sha256.Size {
		return false, nil
	}
	if now.Sub(keptAt(value)) >= tokenLife {
		return false, nil
	}
	if string(value[8:]) != string(t.digest[:]) {
		return false, exception.New("IdempotentParameterMismatchException",
			"The request uses the same client token as a previous, but non-identical request.")
	}
	return true, nil
}

// neighbours is how many tokens each new one looks at to forget those whose life is over. Tokens are
// random, so the places between them are looked at evenly.
const neighbours = 4

// keep notes the token.
func (t *idempotencyToken) keep(tx *bbolt.Tx, now time.Time) error {
	if len(t.name) == 0 {
		return nil
	}
	tokens := tx.Bucket(tokensBucket)
	var over [][]byte
	cursor := tokens.Cursor()
	for key, value := cursor.Seek(t.name); key != nil && len(over) < neighbours; key, value = cursor.Next() {
		if now.Sub(keptAt(value)) < tokenLife {
			break
		}
		over = append(over, key)
	}
	for _, key := range over {
		if err := tokens.Delete(key); err != nil {
			return err
		}
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(now.UnixNano()))
	return tokens.Put(t.name, append(value, t.digest[:]...))
}

func keptAt(value []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(value))) }
