package store

import (
	"encoding/binary"
	"errors"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// Record is an item as it is stored: its size and its JSON, the answer to most reads, copied. It lies in
// memory of the transaction.
type Record struct {
	Size int // in bytes, as DynamoDB counts it
	JSON []byte
}

var errRecord = errors.New("dynamodb: malformed record")

func encodeRecord(item attr.Item, size int) ([]byte, error) {
	text, err := json.Marshal(item)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(text)+binary.MaxVarintLen32)
	return append(binary.AppendUvarint(out, uint64(size)), text...), nil
}

// DecodeRecord splits a stored value; the JSON lies within it. A malformed value is an error of the store.
func DecodeRecord(value []byte) (Record, error) {
	size, n := binary.Uvarint(value)
	if n <= 0 {
		return Record{}, errRecord
	}
	return Record{Size: int(size), JSON: value[n:]}, nil
}

// Item returns the item, which does not lie in memory of the transaction.
func (r Record) Item() (attr.Item, error) { return attr.ParseItem(r.JSON) }
