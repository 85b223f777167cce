package attr

import (
	"cmp"
	"crypto/sha256"
	"hash"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// digest is a hash of what a list, a set or a map holds. It is made at the first comparison, and kept: one condition may
// compare the same 400 KB some hundred times.
type digest struct {
	sum atomic.Pointer[[sha256.Size]byte]
}

// digest returns that of v, which holds something.
func (v Value) digest() [sha256.Size]byte {
	var kept *digest
	if v.kind == M {
		kept = &v.m.digest
	} else {
		kept = &v.list.digest
	}
	if sum := kept.sum.Load(); sum != nil {
		return *sum
	}
	h := hasher{to: sha256.New()}
	h.value(v)
	h.flush()
	sum := [sha256.Size]byte(h.to.Sum(nil))
	kept.sum.Store(&sum)
	return sum
}

// hasher writes values so that two texts are the same where the values are equal, and only there.
type hasher struct {
	to   hash.Hash
	text []byte // not yet written
}

const hashPiece = 4 << 10 // bytes

func (h *hasher) value(v Value) {
	if len(h.text) >= hashPiece {
		h.flush()
	}
	h.text = append(h.text, byte(v.kind))
	h.scalar(v.scalar())
	h.number(v.Len())
	switch {
	case v.IsSet():
		for _, member := range v.ordered() {
			h.scalar(member)
			if len(h.text) >= hashPiece {
				h.flush()
			}
		}
	case v.kind == M:
		for name, e := range v.m.sorted() {
			h.string(name)
			h.value(e)
		}
	default:
		for _, e := range v.Elems() {
			h.value(e)
		}
	}
}

func (h *hasher) scalar(s scalar) {
	flag := byte(0)
	if s.flag {
		flag = 1
	}
	h.text = append(h.text, flag)
	h.number(int(s.exp))
	h.string(s.text)
}

func (h *hasher) string(s string) {
	h.number(len(s))
	h.text = append(h.text, s...)
}

func (h *hasher) number(n int) { h.text = append(strconv.AppendInt(h.text, int64(n), 10), ':') }

func (h *hasher) flush() {
	h.to.Write(h.text)
	h.text = h.text[:0]
}

// ordered returns a set's members in one order for all sets with these members.
func (v Value) ordered() []scalar {
	all := make([]scalar, v.Len())
	for i, e := range v.Elems() {
		all[i] = e.scalar()
	}
	slices.SortFunc(all, func(a, b scalar) int {
		if c := cmp.Compare(a.exp, b.exp); c != 0 {
			return c
		}
		if c := strings.Compare(a.text, b.text); c != 0 {
			return c
		}
		switch {
		case a.flag == b.flag:
			return 0
		case a.flag:
			return 1
		}
		return -1
	})
	return all
}
