package attr

// Size returns the bytes that the item counts against the 400 KB limit and against capacity: names in
// UTF-8 bytes, plus the sizes of the values. Developer guide, "Item sizes and formats".
func (it Item) Size() int {
	size := 0
	for name, v := range it {
		size += len(name) + v.Size()
	}
	return size
}

// Size returns the bytes that DynamoDB counts for the value, without its name. A List or Map has 3 bytes
// of its own and one more per element.
func (v Value) Size() int {
	switch v.kind {
	case S, B:
		return len(v.text)
	case N:
		return v.numberSize()
	case BOOL, NULL:
		return 1
	case L:
		size := 3 + v.Len()
		for _, e := range v.Elems() {
			size += e.Size()
		}
		return size
	case M:
		size := 3 + v.Len()
		for name, e := range v.m.all() {
			size += len(name) + e.Size()
		}
		return size
	}
	size := 0
	for _, e := range v.Elems() {
		size += e.Size()
	}
	return size
}

// numberSize counts one byte, one per pair of digits left and right of the decimal point, and one for a
// minus sign. The guide says "approximately"; the pairs are what DynamoDB Local counts.
func (v Value) numberSize() int {
	if v.text == "" {
		return 1
	}
	digits := len(v.text)
	if v.exp&1 == 0 {
		digits++ // the first digit stands alone in its pair
	}
	size := 1 + (digits+1)/2
	if v.flag {
		size++
	}
	return size
}
