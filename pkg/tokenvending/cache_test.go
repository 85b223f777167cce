package tokenvending

import (
	"slices"
	"testing"

	"example.com/shiptrack/pkg/tenant"
)

func TestCacheDropsTheTenantThatWasUnusedTheLongest(t *testing.T) {
	id := func(text string) tenant.ID {
		parsed, err := tenant.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	c := newCache[tenant.ID, int](2)
	c.set(id("yellow"), 1)
	c.set(id("blue"), 2)
	if value, ok := c.get(id("yellow")); !ok || value != 1 {
		t.Fatalf("yellow has %d, %t, want 1", value, ok)
	}
	c.set(id("green"), 3)
	if _, ok := c.get(id("blue")); ok {
		t.Error("blue is kept, which was unused the longest")
	}
	c.set(id("yellow"), 4)
	c.set(id("blue"), 5)
	if _, ok := c.get(id("green")); ok || c.len() != 2 {
		t.Errorf("green is kept, or %d values are, want yellow and blue", c.len())
	}
	if value, ok := c.get(id("yellow")); !ok || value != 4 {
		t.Errorf("yellow has %d, %t, want the new value", value, ok)
	}
	c.drop(id("yellow"))
	if _, ok := c.get(id("yellow")); ok || c.len() != 1 {
		t.Errorf("yellow was dropped and is kept; %d values", c.len())
	}
}

// One call spares secondChances entries that were used, in the order in which they would go, and drops the next.
func TestCacheSparesAFewAtOnce(t *testing.T) {
	const capacity = 2 * secondChances
	c := newCache[int, int](capacity)
	for i := range capacity {
		c.set(i, i)
	}
	for i := range capacity {
		c.get(i)
	}
	c.set(capacity, capacity)
	var gone []int
	for i := range capacity + 1 {
		if _, ok := c.byKey[i]; !ok {
			gone = append(gone, i)
		}
	}
	if !slices.Equal(gone, []int{secondChances}) || c.len() != capacity {
		t.Errorf("%v are gone and %d kept, want %d gone and %d kept", gone, c.len(), secondChances, capacity)
	}
}
