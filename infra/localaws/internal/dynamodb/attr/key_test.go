package attr

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// keyBytes is what the store does with a key: check, then encode.
func keyBytes(role KeyRole, name string, v Value) ([]byte, error) {
	if err := CheckKey(role, name, v); err != nil {
		return nil, err
	}
	return v.AppendKey(nil), nil
}

func binary(b []byte) Value { return Value{kind: B, text: string(b)} }

// drawKey returns a value that may be a key; its strings are rich in zero bytes and common prefixes.
func drawKey(t *rapid.T, kind Kind, label string) Value {
	if kind == N {
		return drawNumber(t, label)
	}
	text := rapid.StringMatching(`[a\x00\x01\x7f]{1,5}|.{1,8}`).Draw(t, label)
	if kind == B {
		return binary(append([]byte(text), rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0xfe, 0xff}), 0, 3).Draw(t, label+" tail")...))
	}
	return String(text)
}

var keyKinds = rapid.SampledFrom([]Kind{S, N, B})

func encoded(t interface{ Fatalf(string, ...any) }, v Value) []byte {
	key, err := keyBytes(PartitionKey, "k", v)
	if err != nil {
		t.Fatalf("keyBytes(%s %q): %v", v.Kind(), v.Text(), err)
	}
	return key
}

func TestKeyBytesKeepTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := keyKinds.Draw(t, "kind")
		v, w := drawKey(t, kind, "v"), drawKey(t, kind, "w")
		want, _ := v.Compare(w)
		if got := bytes.Compare(encoded(t, v), encoded(t, w)); got != want {
			t.Fatalf("%q, %q: keys %x, %x compare as %d, want %d", v.Text(), w.Text(), encoded(t, v), encoded(t, w), got, want)
		}
	})
}

func TestJoinedKeysOrderByPartitionThenSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := keyKinds.Draw(t, "partition"), keyKinds.Draw(t, "sort")
		p, q := drawKey(t, first, "p"), drawKey(t, first, "q")
		v, w := drawKey(t, second, "v"), drawKey(t, second, "w")
		want, _ := p.Compare(q)
		if want == 0 {
			want, _ = v.Compare(w)
		}
		if got := bytes.Compare(v.AppendKey(p.AppendKey(nil)), w.AppendKey(q.AppendKey(nil))); got != want {
			t.Fatalf("(%q, %q), (%q, %q): compare as %d, want %d", p.Text(), v.Text(), q.Text(), w.Text(), got, want)
		}
	})
}

func TestKeyBytesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := keyKinds.Draw(t, "kind")
		v, tail := drawKey(t, kind, "v"), rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		got, rest, err := ReadKey(kind, append(encoded(t, v), tail...))
		if err != nil || !got.Equal(v) || !bytes.Equal(rest, tail) {
			t.Fatalf("%s %q: read %q, rest %x, %v, want rest %x", kind, v.Text(), got.Text(), rest, err, tail)
		}
	})
}

// What is read from a key must encode to that key, or two keys would stand for one item.
func TestReadKeyTakesNoOtherBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := keyKinds.Draw(t, "kind")
		key := rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 1, 0x40, 0x80, 0xc0, 0xff}))).Draw(t, "key")
		v, rest, err := ReadKey(kind, key)
		if err != nil {
			return
		}
		if again := append(v.AppendKey(nil), rest...); !bytes.Equal(again, key) {
			t.Fatalf("%s %x reads as %q, which encodes to %x", kind, key, v.Text(), again)
		}
	})
}

func TestReadKeyRefusesOtherSpellingsOfANumber(t *testing.T) {
	for _, tc := range []struct {
		name             string
		refused, control []byte
	}{
		{"leading zero", []byte{0xc0, 130, 6, 0}, []byte{0xc0, 130, 51, 0}},
		{"trailing pair of zeros", []byte{0xc0, 130, 51, 1, 0}, []byte{0xc0, 130, 51, 2, 0}},
		{"pair of 100", []byte{0xc0, 130, 101, 0}, []byte{0xc0, 130, 100, 0}},
		{"no digits", []byte{0xc0, 130, 0, 0}, []byte{0xc0, 130, 11, 0}},
		{"40 digits", append(append([]byte{0xc0, 130}, bytes.Repeat([]byte{12}, 20)...), 0), append(append([]byte{0xc0, 130}, bytes.Repeat([]byte{12}, 19)...), 0)},
		{"unknown sign", []byte{0xc1, 130, 11, 0}, []byte{0x40, 125, 244, 255}},
		{"no end", []byte{0xc0, 130, 11, 11}, []byte{0xc0, 130, 11, 0}},
	} {
		if v, _, err := ReadKey(N, tc.refused); err == nil {
			t.Errorf("%s: %x reads as %s, want an error", tc.name, tc.refused, v.Text())
		}
		if _, _, err := ReadKey(N, tc.control); err != nil {
			t.Errorf("%s: control %x: %v", tc.name, tc.control, err)
		}
	}
}

func TestKeyPrefixIsThatOfStringsWithThePrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{S, B}).Draw(t, "kind")
		v, prefix := drawKey(t, kind, "v"), drawKey(t, kind, "prefix")
		if rapid.Bool().Draw(t, "cut") {
			prefix.text = v.text[:rapid.IntRange(0, len(v.text)).Draw(t, "length")]
		}
		want := strings.HasPrefix(v.Text(), prefix.Text())
		if got := bytes.HasPrefix(encoded(t, v), prefix.AppendKeyPrefix(nil)); got != want {
			t.Fatalf("%q begins with %q: %v, want %v", v.Text(), prefix.Text(), got, want)
		}
	})
}

func TestKeyLimits(t *testing.T) {
	set, err := Set(SS, String("a"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		empty     = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: k"
		partition = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
		sort      = "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	)
	long := func(n int) Value { return String(strings.Repeat("a", n)) }
	for _, tc := range []struct {
		name    string
		role    KeyRole
		refused Value
		control Value
		message string
	}{
		{"empty string", PartitionKey, String(""), String(" "), strings.Replace(empty, "%s", "string", 1)},
		{"empty sort key", SortKey, String(""), String("\x00"), strings.Replace(empty, "%s", "string", 1)},
		{"empty binary", PartitionKey, binary(nil), binary([]byte{0}), strings.Replace(empty, "%s", "binary", 1)},
		{"long partition key", PartitionKey, long(2049), long(2048), partition},
		{"long sort key", SortKey, long(1025), long(1024), sort},
		{"bool", PartitionKey, Bool(true), Int(1), "One or more parameter values were invalid: Type mismatch for key k expected: S actual: BOOL"},
		{"set", PartitionKey, set, String("a"), "One or more parameter values were invalid: Type mismatch for key k expected: S actual: SS"},
		{"zero value", SortKey, Value{}, Int(0), "One or more parameter values were invalid: Type mismatch for key k expected: S actual: "},
	} {
		if key, err := keyBytes(tc.role, "k", tc.refused); err == nil || err.Error() != tc.message {
			t.Errorf("%s: got %x, %v\nwant %s", tc.name, key, err, tc.message)
		}
		if _, err := keyBytes(tc.role, "k", tc.control); err != nil {
			t.Errorf("%s: control: %v", tc.name, err)
		}
	}
}

func BenchmarkKeyBytes(b *testing.B) {
	v := String("SHIPMENT-0000001001")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keyBytes(SortKey, "ShipmentID", v); err != nil {
			b.Fatal(err)
		}
	}
}
