package tokenvending

import (
	"slices"
	"testing"

	"example.com/shiptrack/pkg/tenant"
)

func keep(n int) func(*int) { return func(value *int) { *value = n } }

func TestCacheDropsTheTenantThatWasUnusedTheLongest(t *testing.T) {
	id := func(text string) tenant.ID {
		parsed, err := tenant.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	c := newCache[tenant.ID, int](2)
	c.set(id("yellow"), keep(1))
	c.set(id("blue"), keep(2))
	if value := c.get(id("yellow")); value == nil || *value != 1 {
		t.Fatalf("yellow has %v, want 1", value)
	}
	c.set(id("green"), keep(3))
	if value := c.get(id("blue")); value != nil {
		t.Error("blue is kept, which was unused the longest")
	}
	c.set(id("yellow"), keep(4))
	c.set(id("blue"), keep(5))
	if value := c.get(id("green")); value != nil || c.len() != 2 {
		t.Errorf("green is kept, or %d values are, want yellow and blue", c.len())
	}
	if value := c.get(id("yellow")); value == nil || *value != 4 {
		t.Errorf("yellow has %v, want the new value", value)
	}
	c.drop(id("yellow"))
	if value := c.get(id("yellow")); value != nil || c.len() != 1 {
		t.Errorf("yellow was dropped and is kept; %d values", c.len())
	}
}

// One call spares secondChances entries that were used, in the order in which they would go, and drops the next.
func TestCacheSparesAFewAtOnce(t *testing.T) {
	const capacity = 2 * secondChances
	c := newCache[int, int](capacity)
	for i := range capacity {
		c.set(i, keep(i))
	}
	for i := range capacity {
		c.get(i)
	}
	c.set(capacity, keep(capacity))
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
