package attr

import (
	"bytes"
	"errors"
	"strings"
)

// KeyRole says which part of a primary key a value is.
type KeyRole uint8

// The two parts of a primary key.
const (
	PartitionKey KeyRole = iota
	SortKey
)

// Limits of key values in bytes: developer guide, "Constraints", "Partition keys and sort keys".
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

// CheckKey refuses, in DynamoDB's words, a value that cannot be the key attribute name: another type
// than S, N or B, an empty string or binary, or one over the limit of its role.
func CheckKey(role KeyRole, name string, v Value) error {
	switch v.kind {
	case N:
		return nil
	case S, B:
	default:
		return Invalidf("One or more parameter values were invalid: Type mismatch for key %s expected: S actual: %s", name, v.kind)
	}
	size := len(v.text)
	switch {
	case size == 0 && v.kind == S:
		return Invalidf("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", name)
	case size == 0:
		return Invalidf("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: %s", name)
	case role == PartitionKey && size > maxPartitionKey:
		return Invalidf("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case role == SortKey && size > maxSortKey:
		return Invalidf("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

// AppendKey appends the encoding of v, which must have passed CheckKey. Encodings of values of one type
// order, under bytes.Compare, as DynamoDB orders the values, and none is a prefix of another, so that
// encodings of a partition key and a sort key can be joined.
func (v Value) AppendKey(dst []byte) []byte {
	if v.kind == N {
		return v.appendNumberKey(dst)
	}
	return append(appendEscaped(dst, v.text), escape, terminator)
}

// AppendKeyPrefix appends what the encodings of all S or B values that begin with v begin with, and no
// others.
func (v Value) AppendKeyPrefix(dst []byte) []byte { return appendEscaped(dst, v.text) }

// Strings end with 00 01, and a zero byte within is 00 FF: the end sorts before every continuation.
const (
	escape     = 0x00
	terminator = 0x01
	zeroByte   = 0xff
)

func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		dst = append(dst, escape, zeroByte)
		s = s[i+1:]
	}
}

// A number is a sign byte, and unless it is zero: its exponent, its digits in pairs (each 1..100), and 0.
// All but the sign byte is complemented where the number is negative, so that larger magnitudes come first.
const (
	keyNegative = 0x40
	keyZero     = 0x80
	keyPositive = 0xc0
)

func (v Value) appendNumberKey(dst []byte) []byte {
	if v.text == "" {
		return append(dst, keyZero)
	}
	sign, mask := byte(keyPositive), byte(0)
	if v.flag {
		sign, mask = keyNegative, 0xff
	}
	dst = append(dst, sign, byte(v.exp-minExponent)^mask)
	for i := 0; i < len(v.text); i += 2 {
		pair := 10 * (v.text[i] - '0')
		if i+1 < len(v.text) {
			pair += v.text[i+1] - '0'
		}
		dst = append(dst, (pair+1)^mask)
	}
	return append(dst, mask)
}

var errKey = errors.New("attr: malformed key encoding")

// ReadKey takes one encoded value of the given kind (S, N or B) off the front of key, and returns it with
// what is left. Bytes that AppendKey does not produce are an error.
func ReadKey(kind Kind, key []byte) (Value, []byte, error) {
	if kind == N {
		return readNumberKey(key)
	}
	var text []byte
	for rest := key; ; {
		i := bytes.IndexByte(rest, escape)
		if i < 0 || i+1 == len(rest) {
			return Value{}, nil, errKey
		}
		text = append(text, rest[:i]...)
		mark := rest[i+1]
		rest = rest[i+2:]
		switch mark {
		case terminator:
			return Value{kind: kind, text: string(text)}, rest, nil
		case zeroByte:
			text = append(text, 0)
		default:
			return Value{}, nil, errKey
		}
	}
}

func readNumberKey(key []byte) (Value, []byte, error) {
	if len(key) > 0 && key[0] == keyZero {
		return Value{kind: N}, key[1:], nil
	}
	if len(key) < 4 || key[0] != keyNegative && key[0] != keyPositive {
		return Value{}, nil, errKey
	}
	v, mask := Value{kind: N}, byte(0)
	if key[0] == keyNegative {
		v.flag, mask = true, 0xff
	}
	v.exp = int16(key[1]^mask) + minExponent
	end := bytes.IndexByte(key[2:], mask)
	if end < 1 || end > maxDigits/2 {
		return Value{}, nil, errKey
	}
	digits := make([]byte, 0, maxDigits)
	for _, b := range key[2 : 2+end] {
		pair := b ^ mask - 1
		if pair > 99 {
			return Value{}, nil, errKey
		}
		digits = append(digits, '0'+pair/10, '0'+pair%10)
	}
	v.text = string(bytes.TrimRight(digits, "0"))
	if digits[0] == '0' || len(v.text) < len(digits)-1 {
		return Value{}, nil, errKey
	}
	return v, key[3+end:], nil
}
