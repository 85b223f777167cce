package rows

import "testing"

func TestTheFigureOfATestIsItsAttribute(t *testing.T) {
	out := []byte("=== RUN   TestX\n=== ATTR  TestY calls 3\n=== ATTR  TestX other 5\n=== ATTR  TestX calls 4.7\n--- PASS: TestX (0.00s)\n")
	if got, err := attributeOf(out, "TestX", "calls"); err != nil || got != 4.7 {
		t.Errorf("got %v, %v; want 4.7", got, err)
	}
	if got, err := attributeOf(out, "TestX", "missing"); err == nil {
		t.Errorf("got %v of an attribute that is not there", got)
	}
}
