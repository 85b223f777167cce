package api_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
)

func TestFormOfManyParametersIsRefusedWhileItIsRead(t *testing.T) {
	form := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%x&", i)
		}
		return b.String()
	}
	if _, err := api.ParseForm(form(4096)); err != nil {
		t.Fatalf("control: %v", err)
	}
	text := form(50_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := api.ParseForm(text)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("50,000 parameters were read")
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(text)) {
		t.Errorf("%d bytes took %d bytes, want 8 times as much at most", len(text), took)
	}
}

func TestListWithAGapHasOnlyWhatStandsBefore(t *testing.T) {
	form, err := api.ParseForm("Names.member.1=a&Names.member.999999999=b")
	if err != nil {
		t.Fatal(err)
	}
	if got := form.List("Names"); len(got) != 1 || form.CheckRead() == nil {
		t.Errorf("got %q, unread %q, want one member and the other refused", got, form.Unread())
	}
}
