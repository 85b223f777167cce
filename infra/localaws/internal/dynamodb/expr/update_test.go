package expr

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"github.com/go-json-experiment/json"
)

func written(t testing.TB, item attr.Item) string {
	t.Helper()
	b, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parseUpdate(t testing.TB, r request, src string) *Update {
	t.Helper()
	u, err := ParseUpdate(src, r.placeholders(t, src))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return u
}

func TestUpdateLeavesTheOldItemAsItWas(t *testing.T) {
	r := loadRequest(t)
	before := written(t, r.Item)
	for _, src := range []string{
		"SET n = :n, m.k = :n, l[0] = :n, m.x.y = :n", "REMOVE l[0], m.k, n", "ADD n :n, ss :ss, ns :ns", "DELETE ss :ss",
		"SET l = list_append(l, :l), l2 = l REMOVE m.x", "SET l[5] = :n REMOVE l[0]",
	} {
		new, err := parseUpdate(t, r, src).Apply(r.Item)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if after := written(t, r.Item); after != before {
			t.Fatalf("%q changed the old item to %s", src, after)
		}
		if src != "ADD n :n" && new.Equal(r.Item) {
			t.Errorf("%q changed nothing", src)
		}
	}
}

// UPDATED_OLD and UPDATED_NEW of a nested attribute hold the named part alone, as in AWS.
func TestTouchedIsWhatTheUpdateNames(t *testing.T) {
	r := loadRequest(t)
	for _, tc := range []struct{ src, old, new string }{
		{"SET n = :n2, zz = :n", `{"n":{"N":"5"}}`, `{"n":{"N":"2"},"zz":{"N":"5"}}`},
		{"SET m.k = :n", `{"m":{"M":{"k":{"S":"v"}}}}`, `{"m":{"M":{"k":{"N":"5"}}}}`},
		{"REMOVE m.k", `{"m":{"M":{"k":{"S":"v"}}}}`, `{}`},
		{"REMOVE n", `{"n":{"N":"5"}}`, `{}`},
		{"SET l[2] = :n, l[0] = :n2", `{"l":{"L":[{"N":"1"},{"L":[{"N":"9"}]}]}}`, `{"l":{"L":[{"N":"2"},{"N":"5"}]}}`},
		{"SET l[9] = :n", `{}`, `{}`},
		{"DELETE ss :ss", `{"ss":{"SS":["a","b"]}}`, `{"ss":{"SS":["b"]}}`},
		{"ADD zz :n", `{}`, `{"zz":{"N":"5"}}`},
	} {
		u := parseUpdate(t, r, tc.src)
		item, err := u.Apply(r.Item)
		if err != nil {
			t.Fatalf("%q: %v", tc.src, err)
		}
		if got := written(t, u.Touched(r.Item)); got != tc.old {
			t.Errorf("%q: old %s, want %s", tc.src, got, tc.old)
		}
		if got := written(t, u.Touched(item)); got != tc.new {
			t.Errorf("%q: new %s, want %s", tc.src, got, tc.new)
		}
	}
}

func TestUpdateNamesItsTargetsAndItsAttributes(t *testing.T) {
	r := loadRequest(t)
	u := parseUpdate(t, r, "SET n = if_not_exists(str, :n), m.k = l[0] REMOVE ss ADD #s :n")
	if got, want := u.Targets(), []string{"m", "n", "s", "ss"}; !slices.Equal(got, want) {
		t.Errorf("Targets = %q, want %q", got, want)
	}
	if got, want := u.Attributes(), []string{"l", "m", "n", "s", "ss", "str"}; !slices.Equal(got, want) {
		t.Errorf("Attributes = %q, want %q", got, want)
	}
}

func TestUpdateKeepsTheNestingLimit(t *testing.T) {
	r := loadRequest(t)
	deep := func(lists int) attr.Value {
		v := attr.String("x")
		for range lists {
			v = attr.List(v)
		}
		return v
	}
	for _, tc := range []struct {
		src   string
		lists int
		want  error
	}{
		{"SET n = :n", 31, nil},
		{"SET n = :n", 32, errNesting},
		{"SET m.x = :n", 30, nil},
		{"SET m.x = :n", 31, errNesting},
		{"SET l[0] = :n", 31, errNesting},
	} {
		r.Values[":n"] = deep(tc.lists)
		if _, err := parseUpdate(t, r, tc.src).Apply(r.Item); !errors.Is(err, tc.want) {
			t.Errorf("%q with %d lists: got %v, want %v", tc.src, tc.lists, err, tc.want)
		}
	}
}

func TestUpdateOfAnItemThatIsCreated(t *testing.T) {
	r := loadRequest(t)
	key := attr.Item{"p": attr.String("a")}
	item, err := parseUpdate(t, r, "SET n = if_not_exists(n, :n), str = :s ADD ss :ss DELETE ns :ns REMOVE zz").Apply(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := written(t, item), `{"n":{"N":"5"},"p":{"S":"a"},"ss":{"SS":["a"]},"str":{"S":"b"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDeletingTheLastMembersRemovesTheSet(t *testing.T) {
	r := loadRequest(t)
	all, err := attr.Set(attr.SS, attr.String("b"), attr.String("a"), attr.String("z"))
	if err != nil {
		t.Fatal(err)
	}
	r.Values[":ss"] = all
	item, err := parseUpdate(t, r, "DELETE ss :ss").Apply(r.Item)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := item["ss"]; ok {
		t.Errorf("ss is %v, want it gone", v.Elems())
	}
}

func TestUpdateCountsOperators(t *testing.T) {
	r := loadRequest(t)
	sums := func(n int) string { return "SET " + strings.TrimSuffix(strings.Repeat("a=n+n,", n), ",") }
	// Overlapping targets come after the count.
	if got, _ := r.answer(t, "update", sums(301)); got != "Invalid UpdateExpression: The expression contains too many operators; operator count: 301" {
		t.Errorf("301 sums: %s", got)
	}
	if got, _ := r.answer(t, "update", sums(300)); !strings.Contains(got, "overlap") {
		t.Errorf("300 sums: %s", got)
	}
}

// TestAnUpdateThatIsTooLargeStopsEarly: a name in an expression stands for a value of up to 400 KB, as often as it is there.
func TestAnUpdateThatIsTooLargeStopsEarly(t *testing.T) {
	item := attr.Item{"v": attr.List(slices.Repeat([]attr.Value{attr.Null()}, 150_000)...)}
	var clauses []string
	for i := range 70 {
		clauses = append(clauses, "a"+strconv.Itoa(i)+" = list_append(v, v)")
	}
	u := parseUpdate(t, request{}, "SET "+strings.Join(clauses, ", "))
	alloctest.Bound(t, item.Size(), func() {
		if _, err := u.Apply(item); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v, want %v", err, ErrTooLarge)
		}
	})
}
