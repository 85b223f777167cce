package store

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// tokenLife is how long a token makes a transaction idempotent ("TransactWriteItems", API reference).
const tokenLife = 10 * time.Minute

// Token is the idempotency token of one caller, with the digest of the request that it came with.
type Token struct {
	Name   []byte // empty: the request has none
	Digest [sha256.Size]byte
}

// Seen reports whether the same request was done within the last 10 minutes. The token with another request
// is refused, with an IdempotentParameterMismatchException.
func (tx Tx) Seen(t *Token) (bool, error) {
	value := tx.tx.Bucket(tokensBucket).Get(t.Name)
	if len(t.Name) == 0 || len(value) != 8+sha256.Size {
		return false, nil
	}
	if tx.now().Sub(keptAt(value)) >= tokenLife {
		return false, nil
	}
	if string(value[8:]) != string(t.Digest[:]) {
		return false, exception.New("IdempotentParameterMismatchException",
			"The request uses the same client token as a previous, but non-identical request.")
	}
	return true, nil
}

// neighbours is how many stored tokens each new one checks, to delete those that have expired. Tokens are
// random, so over time all are checked.
const neighbours = 4

// Keep notes the token of a request that this transaction does.
func (tx Tx) Keep(t *Token) error {
	if len(t.Name) == 0 {
		return nil
	}
	now, tokens := tx.now(), tx.tx.Bucket(tokensBucket)
	var over [][]byte
	cursor := tokens.Cursor()
	for key, value := cursor.Seek(t.Name); key != nil && len(over) < neighbours; key, value = cursor.Next() {
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
	return tokens.Put(t.Name, append(value, t.Digest[:]...))
}

func keptAt(value []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(value))) }
